"""How a running study does, for a researcher who stays blind: no number here belongs to a system.

Previews are left out everywhere. Only `results` names systems; it is shown after unblinding.
"""

from __future__ import annotations

import statistics
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select

from .db import Transaction
from .tables import Invitation, Rating, Session, Slot, Step, Trial

PREVIEW = "preview"  # the label of a researcher's own look at a page
HEARD_TOO_LITTLE_S = 1.0


@dataclass(frozen=True)
class Spread:
    """Smallest, median and largest of some numbers."""

    count: int
    low: float
    median: float
    high: float


def counted() -> ColumnElement[bool]:
    """Which sessions count: all but previews."""
    previews = select(Invitation.id).where(Invitation.label == PREVIEW)
    return or_(Session.invitation_id.is_(None), Session.invitation_id.not_in(previews))


def durations(transaction: Transaction) -> Spread | None:
    """Minutes from the start to the end of completed sessions, pauses included."""
    rows = transaction.execute(
        select(Session.started_at, Session.finished_at).where(
            Session.status == "completed", Session.kind != "simulated", counted()
        )
    )
    minutes = [
        (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds() / 60
        for start, end in rows
        if end
    ]
    if not minutes:
        return None
    return Spread(len(minutes), min(minutes), statistics.median(minutes), max(minutes))


def balance(transaction: Transaction) -> list[dict[str, Any]]:
    """For each item: between which numbers its versions have been rated in finished trials.

    A version that lags behind shows as a gap between `low` and `high`, without its name.
    """
    rows = transaction.execute(
        select(Trial.item, Slot.system, func.count())
        .select_from(Slot)
        .join(Slot.trial)
        .join(Trial.step)
        .join(Step.session)
        .where(Step.done_at.is_not(None), ~Trial.is_training, Session.status != "withdrawn")
        .where(counted())
        .group_by(Trial.item, Slot.system)
    )
    by_item: dict[str, list[int]] = defaultdict(list)
    for item, _, count in rows:
        by_item[item].append(count)
    return [
        {"item": item, "versions": len(counts), "low": min(counts), "high": max(counts)}
        for item, counts in sorted(by_item.items())
    ]


def signs(transaction: Transaction) -> dict[str, int]:
    """Signs of inattention in completed sessions; they exclude nobody by themselves."""
    rows = transaction.execute(
        select(Session.id, Rating.value, Rating.answer, Rating.declined, Rating.listened_s)
        .select_from(Rating)
        .join(Rating.slot)
        .join(Slot.trial)
        .join(Session, Trial.session_id == Session.id)
        .where(Session.status == "completed", ~Trial.is_training, counted())
    ).all()
    values: dict[str, set[Any]] = defaultdict(set)
    heard: dict[str, list[float]] = defaultdict(list)
    for session, value, answer, _, listened_s in rows:
        values[session].add(value if answer is None else answer)
        heard[session].append(listened_s)
    return {
        "sessions": len(values),
        "answers": len(rows),
        "declined": sum(declined for *_, declined, _ in rows),
        "one_value": sum(len(given) == 1 for given in values.values()),
        "heard_little": sum(
            statistics.median(times) < HEARD_TOO_LITTLE_S for times in heard.values()
        ),
    }


def invitation_counts(transaction: Transaction) -> list[dict[str, Any]]:
    """Invitations by label and kind: how many there are, and how many were used."""
    rows = transaction.execute(
        select(Invitation.label, Invitation.kind, func.count(), func.count(Session.id))
        .outerjoin(Session, Session.invitation_id == Invitation.id)
        .group_by(Invitation.label, Invitation.kind)
        .order_by(Invitation.label, Invitation.kind)
    )
    return [
        {"label": label or "", "kind": kind, "made": made, "used": used}
        for label, kind, made, used in rows
        if label != PREVIEW
    ]


def results(transaction: Transaction) -> list[dict[str, Any]]:
    """Means of the counted test ratings by scale and system: the reason to unblind first."""
    rows = transaction.execute(
        select(Rating.scale, Slot.system, func.count(Rating.value), func.avg(Rating.value))
        .select_from(Rating)
        .join(Rating.slot)
        .join(Slot.trial)
        .join(Session, Trial.session_id == Session.id)
        .where(Session.status != "withdrawn", ~Trial.is_training, counted())
        .group_by(Rating.scale, Slot.system)
        .order_by(Rating.scale, func.avg(Rating.value).desc())
    )
    return [
        {"scale": scale, "system": system, "n": n, "mean": mean}
        for scale, system, n, mean in rows
        if n
    ]
