"""`earwitness report`: the statistical report on a study or on a rating table from elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from earwitness.stimuli.console import reported_errors
from earwitness.stimuli.errors import ConfigError

from .lines import print_line

if TYPE_CHECKING:
    from earwitness.stimuli.study import StudyFolder


@click.command(name="report")
@click.argument("source", metavar="STUDY|TABLE", type=click.Path(path_type=Path))
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="[default: STUDY/report; for a table, `report` beside it]",
)
@click.option("--baseline", metavar="SYSTEM", help="Overrides the study's baseline.")
@click.option(
    "--format",
    "formats",
    metavar="LIST",
    help="Some of html,pdf,tex,csv,json; report.json is always written.  [default: all]",
)
@reported_errors
def report_command(
    source: Path, out: Path | None, baseline: str | None, formats: str | None
) -> None:
    """Write the statistical report on a study or rating table.

    STUDY is a study's folder or its study.toml; its database is exported first. TABLE is a CSV or
    Parquet file of ratings with at least the columns participant, item, system, scale, value.
    """
    wanted = None if formats is None else [name.strip() for name in formats.split(",")]
    if source.is_dir() or source.suffix == ".toml":
        from earwitness.stimuli.study import StudyFolder

        files = write_study_report(StudyFolder(source), out, baseline, wanted)
    elif source.is_file():
        from earwitness.analysis.rendering import FORMATS
        from earwitness.analysis.report import report

        target = source.parent / "report" if out is None else out
        files = report(source, out=target, baseline=baseline, formats=wanted or FORMATS).files
    else:
        raise ConfigError(f"{source}: no such file or folder; name a study or a rating table")
    for file in files:
        print_line(file)


def write_study_report(
    folder: StudyFolder,
    out: Path | None = None,
    baseline: str | None = None,
    formats: list[str] | None = None,
) -> tuple[Path, ...]:
    """Export a study's database, then report on it together with the scores of its run.

    Raises:
        EarwitnessError: the database or the run cannot be read, or there is nothing to report on.
    """
    from earwitness.analysis.rendering import FORMATS
    from earwitness.analysis.report import report_exports
    from earwitness.app.export import export

    scores = folder.run / "scores.parquet"
    return report_exports(
        export(folder),
        scores=scores if scores.is_file() else None,
        study=folder,
        out=folder.report if out is None else out,
        formats=formats or FORMATS,
        baseline=baseline,
    ).files
