"""Store answers about stimuli: once each, in one transaction, never an older over a newer one.

The client names every write (`event`); a write that comes twice changes nothing and is answered
like the first. The caller holds the session's lock.
"""

from __future__ import annotations

from uuid import UUID, uuid4

from sqlalchemy import func, select

from earwitness.stimuli.errors import RatingError
from earwitness.stimuli.study import Scale, Study

from .db import Transaction, utc_now
from .flow import missing, scales_of
from .requests import RatingRequest
from .tables import Event, Rating, Session, Slot, Trial


def find_slot(transaction: Transaction, session: Session, token: str) -> Slot | None:
    """The slot with that token, if it is this session's."""
    query = select(Slot).join(Slot.trial)
    return transaction.scalar(query.where(Slot.token == token, Trial.session_id == session.id))


def store_rating(
    transaction: Transaction,
    session: Session,
    study: Study,
    slot: Slot,
    scale_id: str,
    request: RatingRequest,
) -> Rating:
    """Store one answer and return what holds now.

    Raises:
        RatingError: the study does not have this scale here, or not this value, the trial has not
            been shown, or the session is over.
    """
    scale = _scale(study, slot.trial, scale_id)
    current = _current(transaction, slot, scale)
    if _is_known(transaction, session, slot, scale, request.event) and current is not None:
        return current
    _check(session, slot.trial, scale, request)
    transaction.add(
        Event(
            session_id=session.id,
            event=str(request.event),
            kind="decline" if request.declined else "rating",
            trial_number=slot.trial.number,
            slot_id=slot.id,
            scale=scale.id,
            value=request.value,
            client_at=request.client_at.isoformat(),
            stored_at=utc_now(),
        )
    )
    if current is None:
        current = Rating(slot_id=slot.id, scale=scale.id, sequence=-1, listened_s=0.0, plays=0)
        transaction.add(current)
    if request.sequence > current.sequence:
        _overwrite(current, request)
    transaction.flush()
    return current


def _scale(study: Study, trial: Trial, scale_id: str) -> Scale:
    for scale in scales_of(study, trial):
        if scale.id == scale_id:
            return scale
    raise RatingError(f"this page has no scale {scale_id!r}")


def _current(transaction: Transaction, slot: Slot, scale: Scale) -> Rating | None:
    return transaction.scalar(
        select(Rating).where(Rating.slot_id == slot.id, Rating.scale == scale.id)
    )


def _is_known(
    transaction: Transaction, session: Session, slot: Slot, scale: Scale, name: UUID
) -> bool:
    query = select(Event).where(Event.session_id == session.id, Event.event == str(name))
    event = transaction.scalar(query)
    if event is not None and (event.slot_id, event.scale) != (slot.id, scale.id):
        raise RatingError("this event id already names another answer")
    return event is not None


def _check(session: Session, trial: Trial, scale: Scale, request: RatingRequest) -> None:
    if session.status != "started":
        raise RatingError(f"the session is {session.status}; its answers can no longer change")
    if trial.step.presented_at is None:
        raise RatingError("this page has not been shown yet")
    if request.value is not None and not 1 <= request.value <= scale.points:
        raise RatingError(f"{scale.id} takes 1 to {scale.points}, not {request.value}")


def _overwrite(rating: Rating, request: RatingRequest) -> None:
    rating.value = request.value
    rating.declined = request.declined
    rating.sequence = request.sequence
    rating.event = str(request.event)
    # A reloaded page counts from zero again; what was heard before stays heard.
    rating.listened_s = max(request.listened_s, rating.listened_s)
    rating.plays = max(request.plays, rating.plays)
    rating.client_at = request.client_at.isoformat()
    rating.answered_at = utc_now()


def decline_blank_optional(
    transaction: Transaction, session: Session, study: Study, trial: Trial
) -> None:
    """When a trial is finished, an optional scale that was left blank becomes a stored decline."""
    optional = {scale.id for scale in scales_of(study, trial) if not scale.required}
    slots = {slot.token: slot for slot in trial.slots}
    for blank in missing(study, trial):
        if blank.scale not in optional:
            continue
        slot, event, now = slots[blank.slot], str(uuid4()), utc_now()
        slot.ratings.append(
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
