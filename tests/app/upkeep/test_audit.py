"""The audit log shows every way of tampering with it."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from earwitness.app.db import Database, open_database
from earwitness.app.upkeep.audit import record, verify


@pytest.fixture
def log(any_database: str, tmp_path: Path) -> Iterator[Database]:
    """A database whose log has five entries."""
    is_file = any_database == "sqlite"
    url = f"sqlite:///{tmp_path / 'x'}" if is_file else os.environ["EARWITNESS_DATABASE_URL"]
    database = open_database(url, create=True)
    with database.write() as transaction:
        for number in range(5):
            record(transaction, "export", file="ratings.csv", number=number)
    yield database
    database.close()


def run(database: Database, statement: str) -> int:
    """Change the log behind its back; where the chain breaks."""
    with database.write() as transaction:
        transaction.connection().exec_driver_sql(statement)
    with database.read() as transaction:
        return verify(transaction).broken_at


def test_an_untouched_log_is_whole(log: Database) -> None:
    with log.read() as transaction:
        chain = verify(transaction)
    assert (chain.entries, chain.broken_at, len(chain.head)) == (5, 0, 64)


@pytest.mark.parametrize(
    ("statement", "broken_at"),
    [
        ("UPDATE audit SET details = '{}' WHERE id = 2", 2),
        ("UPDATE audit SET at = 'earlier' WHERE id = 5", 5),
        ("DELETE FROM audit WHERE id = 3", 3),
        ("DELETE FROM audit WHERE id = 1", 1),
    ],
)
def test_a_change_is_found_where_it_was_made(log: Database, statement: str, broken_at: int) -> None:
    assert run(log, statement) == broken_at


def test_writers_at_the_same_time_make_one_chain(log: Database) -> None:
    def write() -> None:
        for _ in range(5):
            with log.write() as transaction:
                record(transaction, "login")

    writers = [threading.Thread(target=write) for _ in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    with log.read() as transaction:
        chain = verify(transaction)
    assert (chain.entries, chain.broken_at) == (25, 0)
