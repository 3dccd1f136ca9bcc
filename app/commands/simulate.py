"""`earwitness simulate`: bots that take a study over HTTP."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from earwitness.stimuli.console import console, reported_errors

from .lines import print_line

if TYPE_CHECKING:
    from earwitness.app.simulate import Simulated
    from earwitness.stimuli.study import StudyFolder


@click.command(name="simulate")
@click.argument("study", type=click.Path(path_type=Path))
@click.option(
    "--listeners",
    type=click.IntRange(min=1),
    help="How many there shall be in all.  [default: as the study file says]",
)
@click.option(
    "--url",
    help="The study's server.  [default: the one on port 8000, or one for the time being]",
)
@reported_errors
def simulate_command(study: Path, listeners: int | None, url: str | None) -> None:
    """Fill a study with bots whose preferences are known.

    STUDY is a study's folder or its study.toml; its [simulation] says how many there are and what
    they prefer. Their sessions are marked as simulated in every table and in the report.
    """
    from earwitness.stimuli.study import StudyFolder

    simulated = simulate_with_progress(StudyFolder(study), listeners, url)
    print_line(f"{simulated.added} simulated listeners added to {simulated.before}")


def simulate_with_progress(
    folder: StudyFolder, listeners: int | None = None, url: str | None = None
) -> Simulated:
    """Simulate with a progress bar in a terminal.

    Raises:
        EarwitnessError: a listener could not finish, or the server does not answer.
    """
    from rich.progress import Progress

    from earwitness.app.simulate import simulate

    with Progress(console=console, disable=not console.is_terminal, transient=True) as bar:
        task = bar.add_task("simulated listeners", total=None)
        return simulate(
            folder,
            listeners=listeners,
            url=url,
            progress=lambda done, total: bar.update(task, completed=done, total=total),
        )
