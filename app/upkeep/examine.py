"""Examine a database: is it whole, is what was promised kept, is the audit log unbroken."""

from __future__ import annotations

from sqlalchemy import select

from earwitness.stimuli.study import StudyFolder

from ..db import Database, Transaction
from ..flow import missing, trials_of
from ..tables import Participant, Session
from ..versions import study_of
from .audit import Chain, verify
from .erasure import digest_of, read_tombstones, stored_tombstones
from .recruits import overdue


def faults(database: Database, folder: StudyFolder) -> list[str]:
    """What is wrong, one line each with what to do; nothing is changed."""
    with database.read() as transaction:
        return [
            *_storage(transaction),
            *_incomplete(transaction),
            *_returned(transaction, folder),
            *_overdue(transaction),
            *_audit(verify(transaction)),
        ]


def _storage(transaction: Transaction) -> list[str]:
    if transaction.get_bind().dialect.name != "sqlite":
        return []
    run = transaction.connection().exec_driver_sql
    found = [str(row[0]) for row in run("PRAGMA integrity_check") if row[0] != "ok"]
    loose = len(run("PRAGMA foreign_key_check").all())
    if loose:
        found.append(f"{loose} rows point to rows that are not there")
    remedy = "stop the server and restore a backup with `earwitness db restore`"
    return [f"the file is damaged: {fault}; {remedy}" for fault in found]


def _incomplete(transaction: Transaction) -> list[str]:
    """A completion code says that every designed slot holds an answer or a decline."""
    found = []
    for session in transaction.scalars(select(Session).where(Session.status == "completed")):
        study = study_of(transaction, session)
        gaps = sum(len(missing(study, trial)) for trial in trials_of(transaction, session))
        if gaps:
            found.append(f"session {session.id} is complete but lacks {gaps} answers; restore them")
    return found


def _returned(transaction: Transaction, folder: StudyFolder) -> list[str]:
    stones = stored_tombstones(transaction) | read_tombstones(folder)
    back = sum(digest_of(one) in stones for one in transaction.scalars(select(Participant.id)))
    if not back:
        return []
    return [f"{back} erased participants are back; `earwitness db purge` erases them again"]


def _overdue(transaction: Transaction) -> list[str]:
    late = overdue(transaction)
    if not late:
        return []
    return [f"recruiters' ids of {late} sessions are past their date; run `earwitness db purge`"]


def _audit(chain: Chain) -> list[str]:
    if not chain.broken_at:
        return []
    return [f"the audit log was tampered with at entry {chain.broken_at}; compare with a backup"]
