"""`earwitness report`: the statistical report on a study or on a rating table from elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from earwitness.stimuli.console import reported_errors
from earwitness.stimuli.errors import ConfigError

from .lines import print_line

if TYPE_CHECKING:
    from earwitness.analysis.inputs.importers import Imported
    from earwitness.analysis.records.report import ReportData
    from earwitness.analysis.report import Report
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
    help="Some of html,pdf,tex,csv,parquet,r,json; report.json is always written.  [default: all]",
)
@click.option(
    "--against",
    type=click.Path(path_type=Path),
    metavar="OTHER",
    help="Compare with another study, table or written report: comparison.html, pdf, csv, json.",
)
@click.option(
    "--scores",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Objective scores for a TABLE: system, item, metric, value.  [a study: its run's]",
)
@click.option(
    "--systems",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Roles for a TABLE: system, role (model, baseline, reference, anchor), factors.",
)
@click.option(
    "--participants",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Covariates of a TABLE's participants: participant, then a column for each.",
)
@click.option(
    "--items",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Covariates of a TABLE's items: item, then a column for each.",
)
@click.option(
    "--formula",
    metavar="TEXT",
    help='Overrides the study\'s, as "rating ~ system * expertise + position".',
)
@click.option(
    "--from",
    "origin",
    type=click.Choice(["webmushra", "qualtrics", "matrix"]),
    help="What wrote TABLE, if it is not in our columns.",
)
@click.option(
    "--columns",
    metavar="LIST",
    help="TABLE's names of our columns: participant=subject,system=codec,value=score",
)
@click.option(
    "--pattern",
    metavar="TEXT",
    help='Qualtrics: how rating columns are named, as "{item}_{system}_{scale}".',
)
@click.option("--labels", metavar="LIST", help="Qualtrics: answers in words, lowest first.")
@reported_errors
def report_command(
    source: Path,
    out: Path | None,
    baseline: str | None,
    formats: str | None,
    against: Path | None,
    scores: Path | None,
    systems: Path | None,
    participants: Path | None,
    items: Path | None,
    formula: str | None,
    origin: str | None,
    columns: str | None,
    pattern: str | None,
    labels: str | None,
) -> None:
    """Write the statistical report on a study or rating table.

    STUDY is a study's folder or its study.toml; its database is exported first. TABLE is a CSV or
    Parquet file of ratings with at least the columns participant, item, system, scale, value, or
    with others named by --columns, or a file of webMUSHRA or Qualtrics, or a matrix (--from).
    """
    wanted = None if formats is None else [name.strip() for name in formats.split(",")]
    told = _Told(scores, systems, participants, items, origin, columns, pattern, labels)
    asked = _Asked(baseline, formula, wanted)
    if against is None:
        files = [*_report(source, told, asked, _folder(source, out)).files]
    else:
        from earwitness.analysis.across import compare
        from earwitness.analysis.rendering.across import FORMATS, write_comparison

        both = [_data(path, told, asked) for path in (source, against)]
        files = write_comparison(compare(*both), _folder(source, out), wanted or FORMATS)
    for file in files:
        print_line(file)


@dataclass(frozen=True)
class _Told:
    """What a TABLE must be told, and a study says itself."""

    scores: Path | None
    systems: Path | None
    participants: Path | None
    items: Path | None
    origin: str | None
    columns: str | None
    pattern: str | None
    labels: str | None


@dataclass(frozen=True)
class _Asked:
    """How to analyse, and what to write."""

    baseline: str | None
    formula: str | None
    formats: list[str] | None


def _is_study(source: Path) -> bool:
    return source.is_dir() or source.suffix == ".toml"


def _folder(source: Path, out: Path | None) -> Path:
    """Where the report goes."""
    if out is not None:
        return out
    from earwitness.stimuli.study import StudyFolder

    return StudyFolder(source).report if _is_study(source) else source.parent / "report"


def _data(source: Path, told: _Told, asked: _Asked) -> ReportData:
    """Of a study, a table, or a report that was written before (its folder or report.json)."""
    written = source / "report.json" if source.is_dir() else source
    if written.suffix == ".json" and written.is_file():
        from earwitness.analysis.across import read_report

        return read_report(written)
    return _report(source, told, asked, None).data


def _report(source: Path, told: _Told, asked: _Asked, out: Path | None) -> Report:
    """Analyse, and write into `out` if it is given."""
    if _is_study(source):
        if any(vars(told).values()):
            raise ConfigError(f"{source} is a study: it says itself what else a TABLE must be told")
        from earwitness.stimuli.study import StudyFolder

        return study_report(StudyFolder(source), out, asked.baseline, asked.formats, asked.formula)
    if not source.is_file():
        raise ConfigError(f"{source}: no such file or folder; name a study or a rating table")
    from earwitness.analysis.rendering.formats import FORMATS
    from earwitness.analysis.report import report

    table = _imported(source, told.origin, told.columns, told.pattern, told.labels)
    return report(
        table.ratings if table else source,
        sessions=table.sessions if table else None,
        systems=table.systems if table and told.systems is None else told.systems,
        scores=told.scores,
        participants=told.participants,
        items=told.items,
        out=out,
        baseline=asked.baseline,
        formula=asked.formula,
        formats=asked.formats or FORMATS,
    )


def _imported(
    source: Path, origin: str | None, columns: str | None, pattern: str | None, labels: str | None
) -> Imported | None:
    """The table in our columns; None if it is in them already."""
    from earwitness.analysis.inputs.importers import (
        from_columns,
        from_matrix,
        from_qualtrics,
        from_webmushra,
    )

    if origin != "qualtrics" and (pattern or labels):
        raise ConfigError("--pattern and --labels belong to --from qualtrics")
    if origin and columns:
        raise ConfigError("--columns does not go with --from, which knows its columns")
    if origin == "webmushra":
        return from_webmushra(source)
    if origin == "matrix":
        return from_matrix(source)
    if origin == "qualtrics":
        if not pattern:
            raise ConfigError('--from qualtrics needs --pattern, as "{item}_{system}_{scale}"')
        return from_qualtrics(source, pattern, _split(labels))
    return from_columns(source, _pairs(columns)) if columns else None


def _split(text: str | None) -> list[str]:
    return [part.strip() for part in text.split(",")] if text else []


def _pairs(text: str) -> dict[str, str]:
    """`ours=theirs,…`"""
    found = {}
    for part in _split(text):
        ours, equals, theirs = part.partition("=")
        if not (ours and equals and theirs):
            raise ConfigError(f"--columns: {part!r} is not OURS=THEIRS")
        found[ours.strip()] = theirs.strip()
    return found


def study_report(
    folder: StudyFolder,
    out: Path | None,
    baseline: str | None = None,
    formats: list[str] | None = None,
    formula: str | None = None,
) -> Report:
    """Export a study's database, then report on it together with the scores of its run.

    Raises:
        EarwitnessError: the database or the run cannot be read, or there is nothing to report on.
    """
    from earwitness.analysis.rendering.formats import FORMATS
    from earwitness.analysis.report import report_exports
    from earwitness.app.export import export

    scores = folder.run / "scores.parquet"
    return report_exports(
        export(folder),
        scores=scores if scores.is_file() else None,
        study=folder,
        out=out,
        formats=formats or FORMATS,
        baseline=baseline,
        formula=formula,
    )
