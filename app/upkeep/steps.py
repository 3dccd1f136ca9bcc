"""What `earwitness db` does with a study, each as one call that is written into the audit log."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from earwitness.stimuli.errors import ConfigError
from earwitness.stimuli.study import StudyFolder

from ..db import Database, migrate_database, open_database
from ..export import export
from ..settings import load_settings
from .audit import record
from .copying import restore
from .erasure import (
    erase,
    erase_again,
    find_participant,
    read_tombstones,
    stored_tombstones,
    write_tombstones,
)
from .recruits import purge


@dataclass(frozen=True)
class Restored:
    """Rows that a backup brought, and participants that its tombstones took out again."""

    rows: int
    erased: int


def erase_from_study(folder: StudyFolder, who: str) -> Path | None:
    """Erase a participant; exports that are there are written anew and returned.

    Raises:
        ConfigError: nobody is known by that code or id.
        DataError: the database cannot be opened, or a file not be written.
    """
    with closing(_open(folder)) as database:
        with database.write() as transaction:
            participant = find_participant(transaction, who)
            if participant is None:
                raise ConfigError(
                    f"{who}: no such participant; name a code, a session's link, or an id of the "
                    "exported tables"
                )
            erase(transaction, participant)
            record(transaction, "erase")
            stones = stored_tombstones(transaction)
        write_tombstones(folder, stones)
        _let_go_of_deleted_pages(database)
        has_exports = (folder.exports / "ratings.csv").is_file()
        return export(folder, database) if has_exports else None


def purge_study(folder: StudyFolder) -> tuple[int, int]:
    """Delete what is past its date; (sessions whose ids went, participants erased again)."""
    with closing(_open(folder)) as database:
        with database.write() as transaction:
            ids = purge(transaction)
            stones = stored_tombstones(transaction) | read_tombstones(folder)
            erased = erase_again(transaction, stones)
            record(transaction, "purge", ids=ids, erased_again=erased)
        _let_go_of_deleted_pages(database)
    return ids, erased


def restore_study(folder: StudyFolder, backup: Path) -> Restored:
    """Replace everything by a backup, but for those who were erased before or after it.

    Raises:
        DataError: the backup or the database cannot be used.
    """
    with closing(open_database(load_settings(folder).database_url, create=True)) as database:
        with database.read() as transaction:
            stones = stored_tombstones(transaction) | read_tombstones(folder)
        write_tombstones(folder, stones)  # first: a restore that is cut off forgets nobody
        rows = restore(backup, database)
        with database.write() as transaction:
            erased = erase_again(transaction, stones | stored_tombstones(transaction))
            record(transaction, "restore", rows=rows, erased_again=erased)
            stones = stored_tombstones(transaction)
        write_tombstones(folder, stones)
        _let_go_of_deleted_pages(database)
    return Restored(rows, erased)


def migrate_study(folder: StudyFolder) -> tuple[str | None, str | None, Path | None]:
    """Bring the database to this version's schema.

    Returns:
        The schema before and after, and the copy of an SQLite file (None: there was nothing to do,
        or the database is PostgreSQL, whose migration is one transaction).

    Raises:
        DataError: there is no database, or it is none of an earlier version.
    """
    settings = load_settings(folder)
    copy = None
    if folder.database.is_file() and settings.database_url.endswith(str(folder.database)):
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
        copy = folder.root / f"before-migration-{stamp}.sqlite3"
        _copy_file(folder.database, copy)
    before, after = migrate_database(settings.database_url)
    if before == after and copy is not None:
        copy.unlink()
        copy = None
    return before, after, copy


def _copy_file(database: Path, copy: Path) -> None:
    """A copy of an SQLite database of any schema, also while it is written to."""
    copy.touch(mode=0o600)
    with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)


def _open(folder: StudyFolder) -> Database:
    return open_database(load_settings(folder).database_url)


def _let_go_of_deleted_pages(database: Database) -> None:
    """SQLite's write-ahead log still holds what was deleted until it is emptied."""
    if database.engine.dialect.name == "sqlite":
        with database.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
