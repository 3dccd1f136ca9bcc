"""Answers of pages without stimuli: what a form may say, and how it is stored."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import select

from earwitness.stimuli.study_pages import (
    CommentsPage,
    ConsentPage,
    LevelPage,
    Page,
    QuestionField,
    QuestionnairePage,
)

from .db import Transaction, utc_now
from .tables import Answer, Session

MAX_TEXT_CHARACTERS = 10_000
MIN_GAIN_DB, MAX_GAIN_DB = -60.0, 0.0  # never above the level that `prepare` made safe


@dataclass
class Form:
    """A form as it was sent: `values` by field, `errors` by field (empty: it is right)."""

    values: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)


def read_form(page: Page, sent: Mapping[str, str]) -> Form:
    """What was sent for a page, checked."""
    form = Form()
    if isinstance(page, ConsentPage):
        _read_consent(page, sent, form)
    elif isinstance(page, QuestionnairePage):
        for question in page.fields:
            _read_field(question, sent.get(question.id, "").strip(), form)
    elif isinstance(page, LevelPage):
        _read_gain(sent.get("gain_db", "").strip(), form)
    elif isinstance(page, CommentsPage):
        _read_text("comment", sent.get("comment", "").strip(), form)
    return form


def _read_consent(page: ConsentPage, sent: Mapping[str, str], form: Form) -> None:
    for number in range(len(page.statements)):
        name = f"statement-{number}"
        form.values[name] = "yes" if sent.get(name) == "yes" else ""
        if not form.values[name]:
            form.errors[name] = "Please agree to this statement, or close the page to decline."


def _read_field(question: QuestionField, value: str, form: Form) -> None:
    form.values[question.id] = value
    if not value:
        if question.required:
            form.errors[question.id] = "Please answer this question."
    elif question.kind == "text":
        _read_text(question.id, value, form)
    elif value not in question.options:
        form.errors[question.id] = "Please choose one of the options."


def _read_text(name: str, value: str, form: Form) -> None:
    form.values[name] = value
    if len(value) > MAX_TEXT_CHARACTERS:
        form.errors[name] = f"Please shorten this to {MAX_TEXT_CHARACTERS} characters."
    elif "\x00" in value:
        form.errors[name] = "Please remove the unreadable characters."


def _read_gain(value: str, form: Form) -> None:
    form.values["gain_db"] = value
    try:
        gain_db = float(value)
    except ValueError:
        gain_db = math.nan
    if not MIN_GAIN_DB <= gain_db <= MAX_GAIN_DB:
        form.errors["gain_db"] = "Please set the level with the slider."


def store_form(transaction: Transaction, session: Session, page: Page, form: Form) -> None:
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
        session.consent_sha256 = consent_sha256(page)
        session.consented_at = utc_now()


def consent_sha256(page: ConsentPage) -> str:
    """SHA-256 of what was agreed to: title, text and statements, each on lines of its own."""
    return hashlib.sha256("\n".join([page.title, page.text, *page.statements]).encode()).hexdigest()


def answers_of(transaction: Transaction, session: Session, page: Page) -> dict[str, Answer]:
    """Field → stored answer of one page."""
    query = select(Answer).where(Answer.session_id == session.id, Answer.page_id == page.id)
    return {answer.field: answer for answer in transaction.scalars(query)}
