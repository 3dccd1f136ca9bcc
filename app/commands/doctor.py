"""`earwitness doctor`: is the environment complete, and what of a study is stale."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from earwitness.stimuli.console import console, reported_errors


@click.command(name="doctor")
@click.argument("study", type=click.Path(path_type=Path), required=False)
@reported_errors
def doctor_command(study: Path | None) -> None:
    """Say what is missing or stale, and what to run.

    Examines the environment and STUDY, a study's folder or its study.toml; nothing is changed. The
    exit code is 1 when something is not as it should be; torch may be missing, only `evaluate`
    needs it.
    """
    from earwitness.stimuli.study import StudyFolder

    from .chain import examine_study
    from .check import check_table
    from .environment import examine_environment

    folder = None if study is None else StudyFolder(study)
    environment = examine_environment()
    console.print(check_table("Environment", environment))
    wanted = [check for check in environment if check.name != "torch"]
    if folder is not None:
        chain = examine_study(folder)
        console.print(check_table(f"Study {folder.study.study.id}", chain))
        wanted += chain
    sys.exit(1 if any(check.state != "ok" for check in wanted) else 0)
