"""Copy a whole database: a backup is an SQLite file, whatever the database is, and goes back.

A backup is read in one transaction while the server goes on; a restore replaces all rows in one
transaction, so that it happens or does not. The audit log is never set back.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from sqlalchemy import Connection, Integer, Table, delete, func, insert, select, text

from earwitness.stimuli.errors import DataError

from ..db import Database, migrate_database, open_database
from ..tables import Base
from .tables import AuditEntry

ROWS_AT_ONCE = 1000
AUDIT = AuditEntry.__tablename__


def back_up(source: Database, target: Path) -> int:
    """Write everything into a new SQLite file of its owner's alone; the number of rows.

    Raises:
        DataError: the file is there already, or cannot be written.
    """
    if target.exists():
        raise DataError(f"{target}: is there already; name another file")
    partial = target.with_name(f".{target.name}.part")
    partial.unlink(missing_ok=True)
    copy = open_database(f"sqlite:///{partial}", create=True)
    try:
        level = {"isolation_level": "REPEATABLE READ"} if _is_postgresql(source) else {}
        with (
            source.engine.connect().execution_options(**level) as reading,
            reading.begin(),
            copy.engine.execution_options(immediate=True).begin() as writing,
        ):
            rows = sum(_copy(reading, writing, table) for table in Base.metadata.sorted_tables)
        with copy.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        copy.close()
    try:
        partial.replace(target)
    except OSError as error:
        raise DataError(f"{target}: cannot be written ({error})") from error
    for suffix in ("-wal", "-shm"):
        partial.with_name(partial.name + suffix).unlink(missing_ok=True)
    return rows


def restore(backup: Path, target: Database) -> int:
    """Replace all rows of a database by a backup's; the number of rows.

    Raises:
        DataError: the file is no backup of this or an earlier version of Earwitness.
    """
    if not backup.is_file():
        raise DataError(f"{backup}: no such file")
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "backup.sqlite3"
        shutil.copyfile(backup, copy)  # it may need this version's schema, and stays as it is
        copy.chmod(0o600)
        url = f"sqlite:///{copy}"
        migrate_database(url)
        source = open_database(url)
        try:
            with (
                source.engine.connect() as reading,
                target.engine.execution_options(immediate=True).begin() as writing,
            ):
                return _replace_all(reading, writing)
        finally:
            source.close()


def _replace_all(reading: Connection, writing: Connection) -> int:
    keeps_log = writing.scalar(select(func.count()).select_from(Base.metadata.tables[AUDIT]))
    tables = [
        table for table in Base.metadata.sorted_tables if table.name != AUDIT or not keeps_log
    ]
    for table in reversed(tables):
        writing.execute(delete(table))
    rows = sum(_copy(reading, writing, table) for table in tables)
    if writing.dialect.name == "postgresql":
        for table in tables:
            _set_sequence(writing, table)
    return rows


def _copy(reading: Connection, writing: Connection, table: Table) -> int:
    result = reading.execute(select(table).order_by(*table.primary_key.columns))
    rows = 0
    for part in result.mappings().partitions(ROWS_AT_ONCE):
        writing.execute(insert(table), [dict(row) for row in part])
        rows += len(part)
    return rows


def _set_sequence(writing: Connection, table: Table) -> None:
    """PostgreSQL goes on counting after the highest id that was copied."""
    [key, *others] = table.primary_key.columns
    if others or not isinstance(key.type, Integer) or key.autoincrement is False:
        return
    highest = writing.scalar(select(func.max(key))) or 0
    statement = "SELECT setval(pg_get_serial_sequence(:name, :key), :value, :used)"
    values = {"name": table.name, "key": key.name, "value": max(highest, 1), "used": highest > 0}
    writing.execute(text(statement), values)


def _is_postgresql(database: Database) -> bool:
    return database.engine.dialect.name == "postgresql"


def size_of(path: Path) -> str:
    """A file's size for people."""
    return f"{path.stat().st_size / 1e6:.1f} MB"
