"""`earwitness export`: everything that was stored, as tables."""

from __future__ import annotations

from pathlib import Path

import click

from earwitness.stimuli.console import reported_errors

from .lines import print_line


@click.command(name="export")
@click.argument("study", type=click.Path(path_type=Path))
@click.option(
    "--free-text", is_flag=True, help="Also what participants typed; it may name somebody."
)
@reported_errors
def export_command(study: Path, free_text: bool) -> None:
    """Write a study's tables as CSV and Parquet.

    STUDY is a study's folder or its study.toml; its exports/ gets ratings, sessions, participants,
    systems and events. Each table becomes CSV and Parquet; beside them
    stand webmushra.csv, for scripts that read webMUSHRA's results, and datapackage.json.

    What participants typed is withheld, and answers that fewer than five participants share are
    named: they might be recognised by somebody who knows them.
    """
    from earwitness.app.export import export
    from earwitness.stimuli.study import StudyFolder

    rare: list[str] = []
    folder = export(StudyFolder(study), free_text=free_text, warn=rare.append)
    for path in sorted(folder.iterdir()):
        print_line(path)
    for cell in rare:
        print_line(f"warning: small group: {cell}")
