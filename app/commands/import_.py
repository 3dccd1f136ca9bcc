"""`earwitness import`: a webMUSHRA configuration becomes a study, its results become tables."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from earwitness.stimuli.console import reported_errors

from .lines import print_line


@click.command(name="import")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--out", type=click.Path(path_type=Path), help="The folder.  [default: by the file]")
@click.option(
    "--root",
    type=click.Path(path_type=Path, file_okay=False),
    help="What file names in a configuration are relative to.  [default: the folder above it]",
)
@reported_errors
def import_command(file: Path, out: Path | None, root: Path | None) -> None:
    """Import a listening test from webMUSHRA.

    FILE is a configuration (.yaml), which becomes a study folder with its audio, or results (.csv),
    which become ratings.csv and systems.csv for `earwitness report`. What cannot be said here is
    told line by line; the exit code is then 3.
    """
    target = out or Path("studies") / file.stem
    notes = _results(file, target) if file.suffix == ".csv" else _study(file, target, root)
    for note in notes:
        print_line(f"warning: {note}")
    sys.exit(3 if notes else 0)


def _study(file: Path, target: Path, root: Path | None) -> list[str]:
    from earwitness.app.importing.webmushra_pages import read_webmushra
    from earwitness.app.importing.webmushra_study import write_study

    test = read_webmushra(file)
    folder, notes = write_study(test, root or file.resolve().parent.parent, target)
    print_line(f"{folder.file}: {len(folder.study.pages)} pages")
    print_line("webMUSHRA has no consent page: add one, and [ethics], before real sessions")
    print_line(f"next: earwitness prepare {target}")
    return notes


def _results(file: Path, target: Path) -> list[str]:
    from earwitness.analysis.inputs.importers import from_webmushra

    found = from_webmushra(file)
    target.mkdir(parents=True, exist_ok=True)
    tables = {"ratings": found.ratings, "systems": found.systems}
    for name, frame in tables.items():
        if frame is not None:
            frame.to_csv(target / f"{name}.csv", index=False)
            print_line(target / f"{name}.csv")
    print_line(f"next: earwitness report {target / 'ratings.csv'}")
    return []
