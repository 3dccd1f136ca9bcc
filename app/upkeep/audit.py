"""The audit log: what was done with the data, as a chain of digests and without personal data.

Each entry's SHA-256 covers its own text and the digest before it: an entry that is changed, left
out or put in breaks the chain. What only a note of the newest digest can show is that entries were
cut off at the end; `earwitness db check` prints it, and every export's datapackage.json keeps it.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

from sqlalchemy import select, text

from ..db import Transaction, utc_now
from .tables import AuditEntry

NO_ENTRY = "0" * 64
LOCK = 0x6561_7277  # PostgreSQL: writers of the log wait for each other; SQLite has one writer


@dataclass(frozen=True)
class Chain:
    """How many entries there are, the newest digest, and where the chain breaks (0: nowhere)."""

    entries: int
    head: str
    broken_at: int


def record(transaction: Transaction, action: str, **details: str | int) -> None:
    """Append an entry. `details` never say anything about a participant."""
    if transaction.get_bind().dialect.name == "postgresql":
        transaction.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
    last = transaction.scalar(select(AuditEntry).order_by(AuditEntry.id.desc()).limit(1))
    entry = AuditEntry(
        id=last.id + 1 if last else 1,
        at=utc_now(),
        action=action,
        details=json.dumps(details, sort_keys=True, ensure_ascii=False),
        previous_sha256=last.sha256 if last else NO_ENTRY,
    )
    entry.sha256 = _digest(entry)
    transaction.add(entry)
    transaction.flush()


def verify(transaction: Transaction) -> Chain:
    """Recompute the chain from its first entry."""
    previous, number, broken_at = NO_ENTRY, 0, 0
    for entry in transaction.scalars(select(AuditEntry).order_by(AuditEntry.id)):
        number += 1
        is_whole = (entry.id, entry.previous_sha256, entry.sha256) == (
            number,
            previous,
            _digest(entry),
        )
        if not is_whole and not broken_at:
            broken_at = number
        previous = entry.sha256
    return Chain(number, previous, broken_at)


def has_happened(transaction: Transaction, action: str) -> bool:
    """Whether the log has an entry of that kind."""
    query = select(AuditEntry.id).where(AuditEntry.action == action).limit(1)
    return transaction.scalar(query) is not None


def _digest(entry: AuditEntry) -> str:
    parts = [entry.previous_sha256, str(entry.id), entry.at, entry.action, entry.details]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
