"""Answers of pages without stimuli: how a form is stored."""

from __future__ import annotations

from sqlalchemy import select

from earwitness.stimuli.pages.base import BasePage, Form
from earwitness.stimuli.pages.consent import ConsentPage
from earwitness.stimuli.pages.level import LevelPage

from .db import Transaction, utc_now
from .tables import Answer, Session


def store_form(transaction: Transaction, session: Session, page: BasePage, form: Form) -> None:
    """Store a form that has no errors; sent again, it replaces what it said before."""
    if isinstance(page, ConsentPage):
        _store_consent(session, page)
        return
    if isinstance(page, LevelPage):
        session.gain_db = float(form.values["gain_db"])
    stored = answers_of(transaction, session, page)
    for name, value in form.values.items():
        answer = stored.get(name)
        if answer is None:
            answer = Answer(session_id=session.id, page_id=page.id, field=name)
            transaction.add(answer)
        answer.value, answer.answered_at = value, utc_now()


def _store_consent(session: Session, page: ConsentPage) -> None:
    if session.consented_at is None:
        session.consent_version = page.version
        session.consent_sha256 = page.sha256
        session.consented_at = utc_now()


def answers_of(transaction: Transaction, session: Session, page: BasePage) -> dict[str, Answer]:
    """Field → stored answer of one page."""
    query = select(Answer).where(Answer.session_id == session.id, Answer.page_id == page.id)
    return {answer.field: answer for answer in transaction.scalars(query)}
