"""What the commands ask a study's database about its sessions."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy import func, select

from earwitness.stimuli.study import StudyFolder

from ..db import Database, Transaction, open_database
from ..invitations import open_study_database
from ..overview import session_counts
from ..settings import has_database, load_settings
from ..tables import Event, Rating, Session
from ..versions import refuse_a_changed_study, stimuli_in_use


@contextmanager
def opened(folder: StudyFolder) -> Iterator[Database]:
    """A study's database, which must be there, as long as the block runs."""
    database = open_database(load_settings(folder).database_url)
    try:
        yield database
    finally:
        database.close()


@contextmanager
def _reading(folder: StudyFolder) -> Iterator[Transaction]:
    with opened(folder) as database, database.read() as transaction:
        yield transaction


def count_sessions(folder: StudyFolder) -> dict[str, int]:
    """Sessions in all, by what became of them, and by their kind.

    Raises:
        DataError: the database cannot be opened, or has the schema of another version.
    """
    with _reading(folder) as transaction:
        return session_counts(transaction)


def last_change(folder: StudyFolder) -> datetime | None:
    """When something that is exported was last stored; None when nothing was.

    Raises:
        DataError: as `count_sessions`.
    """
    times = (Session.started_at, Session.finished_at, Rating.answered_at, Event.stored_at)
    with _reading(folder) as transaction:
        found = [transaction.scalar(select(func.max(time))) for time in times]
    return max((datetime.fromisoformat(time) for time in found if time), default=None)


def stimuli_to_keep(folder: StudyFolder) -> set[str]:
    """Ids of the stimuli that real sessions depend on (none without a database).

    Raises:
        DataError: the study file was changed after real sessions had begun, or the database
            cannot be opened.
    """
    if not has_database(folder):
        return set()
    database = open_study_database(folder)
    try:
        with database.read() as transaction:
            refuse_a_changed_study(transaction, folder)
            return stimuli_in_use(transaction, folder)
    finally:
        database.close()
