"""Invitations: links for one session each, made beside the server.

They are the only way to a simulated session: the mark comes from the invitation's row, and no
request can set or clear it.
"""

from __future__ import annotations

from sqlalchemy import select

from earwitness.stimuli.errors import ConfigError
from earwitness.stimuli.study import StudyFolder

from .blind import new_token
from .db import Database, Transaction, open_database, utc_now
from .flow import public_kind, start_session
from .settings import load_settings
from .tables import Invitation, Kind, Session
from .versions import ServedStudy


def create_invitations(
    folder: StudyFolder, count: int, kind: Kind = "simulated", *, label: str | None = None
) -> list[str]:
    """Store `count` invitations in the study's database; their links are `/i/<token>`.

    Raises:
        ConfigError: real sessions of a study without `[ethics]`.
        DataError: the database cannot be opened or written.
    """
    if kind == "real" and folder.study.ethics is None:
        raise ConfigError(f"{folder.file}: real sessions need [ethics]; invite pilot ones")
    database = open_study_database(folder)
    try:
        with database.write() as transaction:
            return [one.token for one in invite(transaction, count, kind, label)]
    finally:
        database.close()


def invite(
    transaction: Transaction, count: int, kind: Kind, label: str | None = None
) -> list[Invitation]:
    """Store `count` new invitations, with the researcher's own note on them."""
    made = [
        Invitation(token=new_token(), kind=kind, created_at=utc_now(), label=label)
        for _ in range(count)
    ]
    transaction.add_all(made)
    transaction.flush()
    return made


def open_study_database(folder: StudyFolder) -> Database:
    """The database of a study, made where there is none yet.

    Raises:
        DataError: it cannot be opened or written.
    """
    return open_database(load_settings(folder).database_url, create=True)


def accept_invitation(transaction: Transaction, served: ServedStudy, token: str) -> Session | None:
    """The session of an invitation, begun at the first call; None for an unknown invitation."""
    invitation = transaction.scalar(
        select(Invitation).where(Invitation.token == token).with_for_update()
    )
    if invitation is None:
        return None
    session = transaction.scalar(select(Session).where(Session.invitation_id == invitation.id))
    if session is not None:
        return session
    # An invitation to a real session cannot outlive the study's [ethics].
    kind = public_kind(served.study) if invitation.kind == "real" else invitation.kind
    return start_session(transaction, served, kind=kind, invitation=invitation)
