"""The database: one engine, a transaction for reading, a transaction for writing, the schema.

SQLite in WAL mode with `synchronous=FULL` (an acknowledged write survives a power cut) and
`BEGIN IMMEDIATE` (a transaction that will write takes the lock first, so none fails half-way);
PostgreSQL through the same code.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event, inspect
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, OperationalError
from sqlalchemy.orm import Session as Transaction
from sqlalchemy.orm import sessionmaker

from earwitness.stimuli.errors import ConfigError, DataError

BUSY_TIMEOUT_MS = 20_000
POOL_SIZE = 8  # and as many more under load: most gunicorn threads wait for the network

__all__ = ["Database", "Transaction", "open_database", "utc_now"]


def utc_now() -> str:
    """Now as ISO 8601 UTC with milliseconds."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Database:
    """An open database. Use `open_database`, which also looks after the schema."""

    def __init__(self, url: str) -> None:
        """Prepare the engine (nothing is connected yet).

        Raises:
            ConfigError: a URL that SQLAlchemy cannot use, or a missing driver.
        """
        self.url = _parsed(url)
        self.engine = _engine(self.url)
        self._read = sessionmaker(self.engine, expire_on_commit=False)
        # SQLite makes waiting writers sleep and look again, in no order. Those of one process queue
        # here instead, so that only processes compete: measured, it halves the longest waits.
        is_file = self.url.get_backend_name() == "sqlite"
        self._turn = threading.Lock() if is_file else nullcontext()
        self._write = sessionmaker(
            self.engine.execution_options(immediate=True), expire_on_commit=False
        )

    @contextmanager
    def read(self) -> Iterator[Transaction]:
        """A transaction that sees one state of the database and changes nothing."""
        with self._read() as transaction:
            yield transaction

    @contextmanager
    def write(self) -> Iterator[Transaction]:
        """A transaction that is stored as a whole when the block ends, or not at all."""
        with self._turn, self._write.begin() as transaction:
            yield transaction

    def close(self) -> None:
        """Close the pooled connections."""
        self.engine.dispose()


def open_database(url: str, *, create: bool = False) -> Database:
    """Open the database and check its schema.

    Args:
        url: an SQLAlchemy URL (`sqlite:///…`, `postgresql://…`).
        create: make the tables where there are none.

    Raises:
        ConfigError: the URL is wrong.
        DataError: it cannot be reached or written, or its schema is not this version's.
    """
    database = Database(url)
    if create:
        _make_private(database.url)
    try:
        with database.engine.execution_options(immediate=create).begin() as connection:
            _check_schema(connection, create)
    except OperationalError as error:
        shown = database.url.render_as_string(hide_password=True)
        raise DataError(f"{shown}: the database cannot be opened ({error.orig})") from error
    return database


def _make_private(url: URL) -> None:
    """A new SQLite file is its owner's alone: it tells slots from systems and holds the links."""
    if url.get_backend_name() != "sqlite" or not url.database or url.database == ":memory:":
        return
    # Exclusively: to close a file that SQLite has open in this process would drop its locks.
    with suppress(OSError):  # it is there already, or connecting tells why not
        os.close(os.open(url.database, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))


def _parsed(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise ConfigError(
            "EARWITNESS_DATABASE_URL is not a database URL; for example "
            "postgresql://user:password@host/name"
        ) from error
    if parsed.drivername == "postgresql":
        parsed = parsed.set(drivername="postgresql+psycopg")
    if parsed.get_backend_name() not in ("sqlite", "postgresql"):
        raise ConfigError(
            f"EARWITNESS_DATABASE_URL: {parsed.drivername} is not supported; "
            "use sqlite or postgresql"
        )
    return parsed


def _engine(url: URL) -> Engine:
    try:
        engine = create_engine(
            url,
            pool_size=POOL_SIZE,
            max_overflow=POOL_SIZE,
            pool_pre_ping=True,
            hide_parameters=True,  # links and answers stay out of logged errors
        )
    except (ModuleNotFoundError, NoSuchModuleError) as error:
        raise ConfigError(
            "PostgreSQL needs its driver: pip install 'earwitness[postgres]'"
        ) from error
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _configure_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def _configure_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # transactions begin where we say, not the driver
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute("PRAGMA secure_delete=ON")  # what is erased is overwritten with zeros
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    immediate = connection.get_execution_options().get("immediate", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")


def _check_schema(connection: Connection, create: bool) -> None:
    config = _alembic(connection)
    scripts = ScriptDirectory.from_config(config)
    needed = scripts.get_current_head()
    found = MigrationContext.configure(connection).get_current_revision()
    if found == needed:
        return
    if found is None and not inspect(connection).get_table_names():
        if not create:
            raise DataError(
                "the database is empty; `earwitness serve STUDY` creates its tables (start it once)"
            )
        command.upgrade(config, "head")
        return
    older = {script.revision for script in scripts.walk_revisions()}
    remedy = (
        "`earwitness db migrate STUDY` makes a backup and brings it up to date"
        if found in older
        else "install the version that made it, or name another database in EARWITNESS_DATABASE_URL"
    )
    raise DataError(
        f"the database has schema {found or 'unknown'} but this version of Earwitness needs "
        f"{needed}; {remedy}"
    )


def migrate_database(url: str) -> tuple[str | None, str | None]:
    """Bring an existing database to this version's schema, in one transaction.

    Returns:
        The schema that it had, and the one that it has now.

    Raises:
        DataError: it cannot be opened, or its schema is none of an earlier version.
    """
    database = Database(url)
    try:
        with database.engine.execution_options(immediate=True).begin() as connection:
            before = MigrationContext.configure(connection).get_current_revision()
            config = _alembic(connection)
            known = {one.revision for one in ScriptDirectory.from_config(config).walk_revisions()}
            if before in known:
                command.upgrade(config, "head")
            _check_schema(connection, create=False)
            after = MigrationContext.configure(connection).get_current_revision()
    except OperationalError as error:
        shown = database.url.render_as_string(hide_password=True)
        raise DataError(f"{shown}: the database cannot be migrated ({error.orig})") from error
    finally:
        database.close()
    return before, after


def _alembic(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    return config
