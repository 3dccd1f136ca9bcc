"""`earwitness demo`: the whole loop on the bundled models and real audio."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from earwitness.stimuli.console import reported_errors
from earwitness.stimuli.errors import EarwitnessError

from .lines import print_line

if TYPE_CHECKING:
    from earwitness.stimuli.study import StudyFolder

# Enough for the example studies; `evaluate models/` runs all.
SYSTEMS = (
    "human-mix",
    "unmixed",
    "constant",
    "lead-up-12db",
    "rule-based",
    "cnn-level",
    "original",
    "griffin-lim",
    "lowpass-3500",
)
NEEDED = ("models", "data", "studies/demo/study.toml")


@click.command(name="demo")
@click.option("--no-serve", is_flag=True, help="End after the report.")
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    default=8000,
    show_default=True,
    help="Port of the listening test.",
)
@reported_errors
def demo_command(no_serve: bool, port: int) -> None:
    """Run the whole loop on the bundled models, and serve the test.

    Evaluates, prepares the demo study, fills it with simulated listeners, writes the report. Run it
    again and again: what is there is reused, and no session is ever deleted.
    """
    from earwitness.app.serve import listen, serve
    from earwitness.stimuli.study import StudyFolder

    clone = find_clone()
    if not no_serve:
        listen("127.0.0.1", port).close()  # now, not after minutes of work
    folder = StudyFolder(clone / "studies" / "demo")
    has_failed_rows = _evaluate(clone, folder)
    files = _listen_and_report(folder)
    print_line("")
    print_line(f"Scores and audio   {folder.run / 'report.html'}")
    for file in files:
        if file.suffix in (".html", ".pdf"):
            print_line(f"Report             {file}")
    if has_failed_rows:
        print_line("Some scores failed: see the reasons above.")
    if no_serve:
        command = shutil.which("earwitness") or Path(sys.executable).with_name("earwitness")
        print_line(f"Serve the test     {command} serve {folder.root}")
        click.get_current_context().exit(3 if has_failed_rows else 0)
    serve(folder.root, port=port, say=print_line)


def find_clone() -> Path:
    """The clone that the demo works in: here, or where the package is installed from.

    Raises:
        EarwitnessError: neither has the models, data and study; says how to get them.
    """
    for folder in (Path.cwd(), Path(__file__).resolve().parents[2]):
        if all((folder / name).exists() for name in NEEDED):
            return folder
    raise EarwitnessError(
        "the demo needs models/, data/ and studies/ of a clone, which are not in this folder; "
        "`git clone` the Earwitness repository and run `make demo` in it"
    )


def _evaluate(clone: Path, folder: StudyFolder) -> bool:
    """Bring the demo's run up to date; True when some rows failed."""
    from earwitness.evaluation import evaluate
    from earwitness.evaluation.cli import require_torch, run_for_people

    require_torch()
    print_line("1/4  Evaluating the bundled models (what is there is not computed again)")
    return run_for_people(
        lambda progress: evaluate(
            clone / "models",
            out=folder.run,
            progress=progress,
            systems=[name for name in SYSTEMS if (clone / "models" / name).is_dir()],
        )
    )


def _listen_and_report(folder: StudyFolder) -> tuple[Path, ...]:
    """Prepare the study, fill it with its simulated listeners, and write the report."""
    from earwitness.app.settings import has_database
    from earwitness.app.upkeep.steps import migrate_study

    from .prepare import prepare_with_progress
    from .report import study_report
    from .simulate import simulate_with_progress

    if has_database(folder):
        migrate_study(folder)  # of an earlier version; the sessions in it go on
    print_line("2/4  Preparing the listening test")
    prepare_with_progress(folder)
    print_line("3/4  Simulated listeners")
    simulated = simulate_with_progress(folder)
    print_line(f"     {simulated.added} added to {simulated.before}")
    print_line("4/4  Writing the report")
    return study_report(folder, folder.report).files
