"""Erase one participant: every row goes, and a tombstone keeps a backup from bringing it back.

The tombstone is a digest of the participant's random id; it says nothing about a person. It stands
in the database and in `tombstones.txt` beside the study, which outlives a lost database.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

from sqlalchemy import ColumnElement, Table, delete, or_, select

from earwitness.stimuli.errors import DataError
from earwitness.stimuli.study import StudyFolder

from ..db import Transaction, utc_now
from ..tables import Base, Invitation, Participant, Session
from .tables import Tombstone

SESSIONS = Base.metadata.tables[Session.__tablename__]


def find_participant(transaction: Transaction, name: str) -> str | None:
    """The participant that a code, a session's link or an exported id belongs to."""
    word = name.strip().rstrip("/").rsplit("/", 1)[-1]
    columns = (
        Session.withdrawal_code,
        Session.completion_code,
        Session.token,
        Session.id,
        Session.participant_id,
    )
    query = select(Session.participant_id).where(or_(*(column == word for column in columns)))
    return transaction.scalar(query)


def erase(transaction: Transaction, participant: str) -> None:
    """Delete everything about a participant and set the tombstone."""
    query = select(Session.id, Session.invitation_id).where(Session.participant_id == participant)
    rows = transaction.execute(query).all()
    sessions = [session for session, _ in rows]
    for table in reversed(Base.metadata.sorted_tables):
        belongs = _belongs_to(table, sessions)
        if belongs is not None:
            transaction.execute(delete(table).where(belongs))
    transaction.execute(delete(Session).where(Session.id.in_(sessions)))
    # Otherwise the link would begin a second session of somebody who has left.
    used = [invitation for _, invitation in rows if invitation is not None]
    transaction.execute(delete(Invitation).where(Invitation.id.in_(used)))
    transaction.execute(delete(Participant).where(Participant.id == participant))
    if transaction.get(Tombstone, digest_of(participant)) is None:
        stone = Tombstone(participant_sha256=digest_of(participant), erased_at=utc_now())
        transaction.add(stone)
    transaction.flush()


def _belongs_to(table: Table, sessions: list[str]) -> ColumnElement[bool] | None:
    """Which rows of a table hang on sessions, along its foreign keys; None if it has none."""
    for key in sorted(table.foreign_keys, key=lambda key: key.column.table is not SESSIONS):
        if key.column.table is SESSIONS:
            return key.parent.in_(sessions)
        owner = _belongs_to(key.column.table, sessions)
        if owner is not None:
            return key.parent.in_(select(key.column).where(owner))
    return None


def digest_of(participant: str) -> str:
    """What a tombstone says of a participant."""
    return hashlib.sha256(participant.encode()).hexdigest()


def erase_again(transaction: Transaction, digests: Iterable[str]) -> int:
    """Apply tombstones to data that came back; how many participants were erased."""
    stones = set(digests)
    returned = [
        participant
        for participant in transaction.scalars(select(Participant.id))
        if digest_of(participant) in stones
    ]
    for participant in returned:
        erase(transaction, participant)
    for digest in stones:
        if transaction.get(Tombstone, digest) is None:
            transaction.add(Tombstone(participant_sha256=digest, erased_at=utc_now()))
    transaction.flush()
    return len(returned)


def stored_tombstones(transaction: Transaction) -> set[str]:
    """The digests in the database."""
    return set(transaction.scalars(select(Tombstone.participant_sha256)))


def tombstone_file(folder: StudyFolder) -> Path:
    """Where the digests stand beside the database."""
    return folder.root / "tombstones.txt"


def read_tombstones(folder: StudyFolder) -> set[str]:
    """The digests beside the database.

    Raises:
        DataError: the file cannot be read: without it nobody could be kept erased.
    """
    file = tombstone_file(folder)
    try:
        return set(file.read_text(encoding="ascii").split()) if file.exists() else set()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{file}: cannot be read ({error})") from error


def write_tombstones(folder: StudyFolder, digests: Iterable[str]) -> None:
    """Add digests to the file beside the database.

    Raises:
        DataError: the file cannot be written.
    """
    file = tombstone_file(folder)
    together = sorted(read_tombstones(folder) | set(digests))
    try:
        file.write_text("".join(f"{digest}\n" for digest in together), encoding="ascii")
    except OSError as error:
        raise DataError(f"{file}: cannot be written ({error})") from error
