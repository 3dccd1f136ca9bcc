"""The database's settings, its schema, and what is refused."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from click.testing import CliRunner
from sqlalchemy.exc import IntegrityError

from earwitness.app.commands.db import db_command
from earwitness.app.db import open_database
from earwitness.app.tables import Base, Invitation, Rating
from earwitness.app.upkeep.tables import AuditEntry
from earwitness.stimuli.errors import ConfigError, DataError
from earwitness.stimuli.study import StudyFolder

# Made by version 0.1.0 with its first tables: one session, a rating and a decline.
FIRST_SCHEMA = Path(__file__).parent / "schema-0001.sql"


def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'x.sqlite3'}"


def test_sqlite_is_set_to_lose_nothing(tmp_path: Path) -> None:
    database = open_database(url(tmp_path), create=True)
    with database.read() as transaction:
        connection = transaction.connection()
        values = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    database.close()
    assert values == {
        "journal_mode": "wal",
        "synchronous": 2,  # FULL
        "foreign_keys": 1,
        "busy_timeout": 20_000,
    }


def test_the_migrations_make_exactly_the_tables_of_the_models(
    any_database: str, tmp_path: Path
) -> None:
    where = url(tmp_path) if any_database == "sqlite" else os.environ["EARWITNESS_DATABASE_URL"]
    database = open_database(where, create=True)
    with database.engine.connect() as connection:
        found = compare_metadata(MigrationContext.configure(connection), Base.metadata)
    database.close()
    assert found == []
    assert AuditEntry.__tablename__ in Base.metadata.tables


def test_a_writer_waits_for_the_other_one(tmp_path: Path) -> None:
    database = open_database(url(tmp_path), create=True)
    other = sqlite3.connect(tmp_path / "x.sqlite3", timeout=0)
    with database.write() as transaction:
        transaction.query(Invitation).count()  # it only reads, and has the lock nevertheless
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("BEGIN IMMEDIATE")
        other.execute("SELECT count(*) FROM sessions")  # readers never wait
    other.close()
    database.close()


def test_a_transaction_is_stored_whole_or_not_at_all(tmp_path: Path) -> None:
    database = open_database(url(tmp_path), create=True)

    def write_half() -> None:
        with database.write() as transaction:
            transaction.add(Invitation(token="a", kind="pilot", created_at="now"))
            transaction.flush()
            transaction.add(Invitation(token="b", kind="invented", created_at="now"))

    with pytest.raises(IntegrityError):
        write_half()
    with database.read() as transaction:
        assert transaction.query(Invitation).count() == 0
    database.close()


def test_an_empty_database_is_refused_where_it_may_not_be_made(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="earwitness serve"):
        open_database(url(tmp_path))


def test_the_schema_of_another_version_is_refused(tmp_path: Path) -> None:
    open_database(url(tmp_path), create=True).close()
    with sqlite3.connect(tmp_path / "x.sqlite3") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    for create in (False, True):
        with pytest.raises(DataError, match=r"schema 9999 .* needs \d+; install"):
            open_database(url(tmp_path), create=create)


def test_a_database_of_an_earlier_version_is_refused_and_then_migrated_with_its_data(
    folder: StudyFolder,
) -> None:
    with sqlite3.connect(folder.database) as connection:
        connection.executescript(FIRST_SCHEMA.read_text(encoding="utf-8"))
    connection.close()
    with pytest.raises(DataError, match=r"schema 0001 .* `earwitness db migrate"):
        open_database(f"sqlite:///{folder.database}", create=True)
    migrated = CliRunner().invoke(db_command, ["migrate", str(folder.root)])
    assert migrated.exit_code == 0, migrated.output
    assert len(list(folder.root.glob("before-migration-*"))) == 1
    database = open_database(f"sqlite:///{folder.database}")
    with database.read() as transaction:
        ratings = transaction.query(Rating).order_by(Rating.id).all()
        assert [(one.value, one.declined) for one in ratings] == [(4, False), (None, True)]
        context = MigrationContext.configure(transaction.connection())
        assert compare_metadata(context, Base.metadata) == []
    database.close()
    again = CliRunner().invoke(db_command, ["migrate", str(folder.root)])
    assert "nothing to do" in again.output


def test_somebody_elses_tables_are_left_alone(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "x.sqlite3") as connection:
        connection.execute("CREATE TABLE theirs (x)")
    connection.close()
    with pytest.raises(DataError, match="schema unknown"):
        open_database(url(tmp_path), create=True)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ("nonsense", "not a database URL"),
        ("mysql://host/name", "use sqlite or postgresql"),
        ("sqlite:////no/such/folder/x.sqlite3", "cannot be opened"),
        ("postgresql://someone:secret@127.0.0.1:1/name", "cannot be opened"),
    ],
)
def test_a_database_that_cannot_be_used_is_one_line_without_the_password(
    wrong: str, message: str
) -> None:
    with pytest.raises((ConfigError, DataError), match=message) as caught:
        open_database(wrong, create=True)
    assert "secret" not in str(caught.value)
