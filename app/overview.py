"""How far a study is: counts of sessions and pages, never of answers."""

from __future__ import annotations

from collections import Counter
from typing import Any

from sqlalchemy import func, select

from earwitness.stimuli.study import Study

from .db import Transaction
from .monitor import counted
from .tables import Session, Step


def session_counts(transaction: Transaction) -> dict[str, int]:
    """Sessions by what became of them (`started`: under way) and by their kind."""
    rows = transaction.execute(
        select(Session.status, Session.kind, func.count())
        .where(counted())
        .group_by(Session.status, Session.kind)
    )
    counts: Counter[str] = Counter()
    for status, kind, count in rows:
        counts[status] += count
        counts[kind] += count
    names = ("started", "completed", "withdrawn", "real", "pilot", "simulated")
    return {name: counts[name] for name in names}


def page_counts(transaction: Transaction, study: Study) -> list[dict[str, Any]]:
    """For each page of the study: in how many sessions it was shown, and left for good."""
    visits = (
        select(
            Step.page_id,
            func.count(Step.presented_at).label("presented"),
            (func.count(Step.done_at) == func.count()).label("is_done"),
        )
        .join(Step.session)
        .where(counted())
        .group_by(Step.session_id, Step.page_id)
        .subquery()
    )
    rows = transaction.execute(
        select(
            visits.c.page_id,
            func.count().filter(visits.c.presented > 0),
            func.count().filter(visits.c.is_done),
        ).group_by(visits.c.page_id)
    )
    by_page = {page_id: (presented, completed) for page_id, presented, completed in rows}
    return [
        {"page": page.id, "presented": presented, "completed": completed}
        for page in study.pages
        for presented, completed in [by_page.get(page.id, (0, 0))]
    ]
