"""Store answers about stimuli: once each, in one transaction, never an older over a newer one.

The client names every write (`event`); a write that comes twice changes nothing and is answered
like the first. The caller holds the session's lock.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID, uuid4

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from earwitness.stimuli.errors import RatingError
from earwitness.stimuli.pages.base import TrialPage
from earwitness.stimuli.scales import Given, Question
from earwitness.stimuli.study import Study

from .db import Transaction, utc_now
from .flow import missing, trial_page, view_of
from .requests import Heard, RatingRequest
from .tables import Event, Rating, Session, Slot, Trial

# All that an answer needs, in one query: it runs while every other writer waits.
WITH_TRIAL = (
    joinedload(Slot.ratings),
    joinedload(Slot.trial).options(joinedload(Trial.step), joinedload(Trial.slots)),
)


def find_slot(
    transaction: Transaction, session: Session, token: str, *, to_answer: bool = False
) -> Slot | None:
    """The slot with that token, if it is this session's; `to_answer` loads what that needs."""
    query = select(Slot).where(Slot.token == token, Slot.trial.has(Trial.session_id == session.id))
    if to_answer:
        query = query.options(*WITH_TRIAL)
    return transaction.scalars(query).unique().one_or_none()


def store_rating(
    transaction: Transaction,
    session: Session,
    study: Study,
    slot: Slot,
    scale: str,
    request: RatingRequest,
) -> Rating:
    """Store one answer and return what holds now.

    An answer that compares versions is stored with each of them, all in this transaction.

    Raises:
        RatingError: the study does not ask this here, or takes no such answer, the trial has not
            been shown, or the session is over.
    """
    page, view = trial_page(study, slot.trial), view_of(study, slot.trial)
    question = _question(page, page.questions(study, view), slot, scale)
    current = _current(slot, question)
    if _is_known(transaction, session, slot, question, request.event) and current is not None:
        return current
    _check(session, slot.trial, question, request)
    transaction.add(
        Event(
            session_id=session.id,
            event=str(request.event),
            kind="decline" if request.declined else "rating",
            trial_number=slot.trial.number,
            slot_id=slot.id,
            scale=question.id,
            value=request.value,
            answer=request.answer,
            client_at=request.client_at.isoformat(),
            stored_at=utc_now(),
        )
    )
    if current is None or request.sequence > current.sequence:
        heard = {one.slot: one for one in request.others}
        by_letter = {one.letter: one for one in slot.trial.slots}
        for letter, value in page.score(question, slot.letter, request.given, view).items():
            row = by_letter[letter]
            _write(row, question, value, request, request if row is slot else heard.get(row.token))
        current = _current(slot, question)
        assert current is not None
    transaction.flush()
    return current


def given(rating: Rating) -> dict[str, float | str | None]:
    """What the participant gave; never what it is worth, which could tell right from wrong."""
    return {"value": rating.value} if rating.answer is None else {"answer": rating.answer}


def _question(page: TrialPage, asked: Sequence[Question], slot: Slot, scale: str) -> Question:
    for question in asked if page.asks_about(slot.letter) else ():
        if question.id == scale:
            return question
    raise RatingError(f"this page has no scale {scale!r}")


def _current(slot: Slot, question: Question) -> Rating | None:
    return next((rating for rating in slot.ratings if rating.scale == question.id), None)


def _is_known(
    transaction: Transaction, session: Session, slot: Slot, question: Question, name: UUID
) -> bool:
    query = select(Event).where(Event.session_id == session.id, Event.event == str(name))
    event = transaction.scalar(query)
    if event is not None and (event.slot_id, event.scale) != (slot.id, question.id):
        raise RatingError("this event id already names another answer")
    return event is not None


def _check(session: Session, trial: Trial, question: Question, request: RatingRequest) -> None:
    if session.status != "started":
        raise RatingError(f"the session is {session.status}; its answers can no longer change")
    if trial.step.presented_at is None:
        raise RatingError("this page has not been shown yet")
    question.check(request.given)


def _write(
    slot: Slot,
    question: Question,
    value: float | None,
    request: RatingRequest,
    heard: RatingRequest | Heard | None,
) -> None:
    rating = _current(slot, question)
    if rating is None:
        rating = Rating(scale=question.id, listened_s=0.0, plays=0)
        slot.ratings.append(rating)
    rating.value = value
    rating.answer = request.answer
    rating.declined = request.declined
    rating.sequence = request.sequence
    rating.event = str(request.event)
    # A reloaded page counts from zero again; what was heard before stays heard.
    if heard is not None:
        rating.listened_s = max(heard.listened_s, rating.listened_s)
        rating.plays = max(heard.plays, rating.plays)
    rating.client_at = request.client_at.isoformat()
    rating.answered_at = utc_now()


def decline_blank_optional(
    transaction: Transaction, session: Session, study: Study, trial: Trial
) -> None:
    """When a trial is finished, an optional scale that was left blank becomes a stored decline."""
    page, view = trial_page(study, trial), view_of(study, trial)
    optional = {one.id: one for one in page.questions(study, view) if not one.required}
    slots = {slot.letter: slot for slot in trial.slots}
    for blank in missing(study, trial):
        if blank.scale not in optional:
            continue
        slot, event, now = slots[blank.letter], str(uuid4()), utc_now()
        for letter in page.score(optional[blank.scale], blank.letter, Given(), view):
            slots[letter].ratings.append(
                Rating(
                    scale=blank.scale,
                    value=None,
                    declined=True,
                    sequence=0,
                    event=event,
                    listened_s=0.0,
                    plays=0,
                    client_at=now,
                    answered_at=now,
                )
            )
        transaction.add(
            Event(
                session_id=session.id,
                event=event,
                kind="left_blank",
                trial_number=trial.number,
                slot_id=slot.id,
                scale=blank.scale,
                stored_at=now,
            )
        )


def last_sequence(transaction: Transaction, session: Session) -> int:
    """The highest sequence stored in a session: a browser that resumes goes on from there."""
    query = (
        select(func.max(Rating.sequence))
        .join(Rating.slot)
        .join(Slot.trial)
        .where(Trial.session_id == session.id)
    )
    return transaction.scalar(query) or 0
