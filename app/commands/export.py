"""`earwitness export`: everything that was stored, as tables."""

from __future__ import annotations

from pathlib import Path

import click

from earwitness.stimuli.console import reported_errors

from .lines import print_line


@click.command(name="export")
@click.argument("study", type=click.Path(path_type=Path))
@reported_errors
def export_command(study: Path) -> None:
    """Write a study's tables as CSV and Parquet.

    STUDY is a study's folder or its study.toml; its exports/ gets ratings, sessions, participants,
    systems and events. Each table becomes CSV and Parquet; beside them
    stand webmushra.csv, for scripts that read webMUSHRA's results, and datapackage.json.
    """
    from earwitness.app.export import export
    from earwitness.stimuli.study import StudyFolder

    folder = export(StudyFolder(study))
    for path in sorted(folder.iterdir()):
        print_line(path)
