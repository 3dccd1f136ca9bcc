"""`earwitness db`: look after a study's database."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from earwitness.stimuli.console import reported_errors

from .lines import print_line

if TYPE_CHECKING:
    from earwitness.stimuli.study import StudyFolder

STUDY = click.argument("study", type=click.Path(path_type=Path))


@click.group(name="db")
def db_command() -> None:
    """Back up, restore, check, migrate a study's database; erase a participant.

    STUDY is a study's folder or its study.toml. Everything works on SQLite and on PostgreSQL
    (EARWITNESS_DATABASE_URL), and all but `restore` while the server runs.
    """


@db_command.command(name="check")
@STUDY
@reported_errors
def check_command(study: Path) -> None:
    """Is it whole and complete, is the audit log unbroken: exit code 1 if not."""
    from earwitness.app.upkeep.audit import verify
    from earwitness.app.upkeep.examine import faults

    from .sessions import opened

    folder = _folder(study)
    with opened(folder) as database:
        found = faults(database, folder)
        with database.read() as transaction:
            chain = verify(transaction)
    for fault in found:
        print_line(f"error: {fault}")
    print_line(f"audit log: {chain.entries} entries, newest digest {chain.head}")
    if found:
        sys.exit(1)
    print_line("the database is whole; every completed session holds all its answers")


@db_command.command(name="backup")
@STUDY
@click.option("--out", type=click.Path(path_type=Path), help="The file.  [default: by date]")
@reported_errors
def backup_command(study: Path, out: Path | None) -> None:
    """Write everything into one SQLite file, while the server goes on."""
    from .sessions import opened

    folder = _folder(study)
    with opened(folder) as database:
        from earwitness.app.upkeep.copying import back_up, size_of

        file = out or folder.root / f"backup-{_now()}.sqlite3"
        rows = back_up(database, file)
    print_line(f"{file}: {rows} rows, {size_of(file)}; it is as secret as the database")


@db_command.command(name="restore")
@STUDY
@click.argument("backup", type=click.Path(path_type=Path))
@click.option("--yes", is_flag=True, help="Replace what the database holds now, without asking.")
@reported_errors
def restore_command(study: Path, backup: Path, yes: bool) -> None:
    """Replace all rows by a BACKUP's; who was erased stays erased."""
    from earwitness.app.upkeep.steps import restore_study

    folder = _folder(study)
    if not yes:
        click.confirm(f"Replace everything in {folder.root}'s database?", abort=True)
    restored = restore_study(folder, backup)
    erased = f", {restored.erased} erased participants left out" if restored.erased else ""
    print_line(f"{restored.rows} rows restored{erased}")


@db_command.command(name="migrate")
@STUDY
@reported_errors
def migrate_command(study: Path) -> None:
    """Bring the database of an earlier version up to date, after a backup."""
    from earwitness.app.upkeep.steps import migrate_study

    before, after, backup = migrate_study(_folder(study))
    if backup is None:
        print_line(f"schema {after}: nothing to do")
    else:
        print_line(f"schema {before} → {after}; before it: {backup}")


@db_command.command(name="erase")
@STUDY
@click.argument("who")
@click.option("--yes", is_flag=True, help="Do not ask.")
@reported_errors
def erase_command(study: Path, who: str, yes: bool) -> None:
    """Erase one participant for good: database, exports, restored backups.

    WHO is a withdrawal code, a completion code, the link of a session, or the id of a session or
    participant as in the exported tables.
    """
    from earwitness.app.upkeep.steps import erase_from_study

    if not yes:
        click.confirm(f"Erase everything about {who}? It cannot be undone", abort=True)
    exports = erase_from_study(_folder(study), who)
    print_line("erased; a tombstone keeps backups from bringing it back")
    if exports is not None:
        print_line(f"{exports} was written anew; write the report anew too")


@db_command.command(name="purge")
@STUDY
@reported_errors
def purge_command(study: Path) -> None:
    """Delete recruiters' ids past their date, and erase again who came back."""
    from earwitness.app.upkeep.steps import purge_study

    ids, erased = purge_study(_folder(study))
    print_line(f"recruiters' ids of {ids} sessions deleted; {erased} participants erased again")


def _folder(study: Path) -> StudyFolder:
    from earwitness.stimuli.study import StudyFolder

    return StudyFolder(study)


def _now() -> str:
    return datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
