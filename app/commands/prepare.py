"""`earwitness prepare`: from a run's renderings to blinded stimuli."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from earwitness.stimuli.console import console, reported_errors

from .lines import print_line

if TYPE_CHECKING:
    from earwitness.stimuli.prepare import Prepared
    from earwitness.stimuli.study import StudyFolder


@click.command(name="prepare")
@click.argument("study", type=click.Path(path_type=Path))
@reported_errors
def prepare_command(study: Path) -> None:
    """Make a study's stimuli: cut, level-matched, checked, blinded.

    STUDY is a study's folder or its study.toml, which names the run to take audio from. Audio that
    is the same as before keeps its name, so that sessions under way go on.
    """
    from earwitness.stimuli.study import StudyFolder

    folder = StudyFolder(study)
    prepared = prepare_with_progress(folder)
    stimuli = prepared.set.stimuli
    length_s = sum(stimulus.frames for stimulus in stimuli) / prepared.set.rate
    megabytes = sum(stimulus.bytes for stimulus in stimuli) / 1e6
    size = f"{len(stimuli)} stimuli, {length_s:.0f} s, {megabytes:.1f} MB"
    print_line(f"{folder.stimuli}: {size}")


def prepare_with_progress(folder: StudyFolder) -> Prepared:
    """Prepare with a progress bar in a terminal, and show what preflight found.

    Raises:
        PreflightError: something forbids serving the study.
        EarwitnessError: the run cannot be read or the stimuli not be written, or real sessions
            depend on what would change.
    """
    from rich.progress import Progress

    from earwitness.stimuli.findings import PreflightError, findings_table
    from earwitness.stimuli.prepare import prepare

    from .sessions import stimuli_to_keep

    must_keep = stimuli_to_keep(folder)
    with Progress(console=console, disable=not console.is_terminal, transient=True) as bar:
        task = bar.add_task("preparing", total=None)
        try:
            prepared = prepare(
                folder,
                must_keep=must_keep,
                progress=lambda done, total, item: bar.update(
                    task, completed=done, total=total, description=item
                ),
            )
        except PreflightError as error:
            console.print(findings_table(error.findings))
            raise
    if prepared.findings:
        console.print(findings_table(prepared.findings))
    return prepared
