"""What happened in the player and on the page, as the client tells it: once each."""

from __future__ import annotations

from sqlalchemy import func, select

from earwitness.stimuli.errors import RatingError

from .db import Transaction, utc_now
from .ratings import find_slot
from .requests import EventRequest, EventsRequest
from .tables import Event, Session, Trial

SERVER_KINDS = frozenset({"rating", "decline", "left_blank"})


def store_events(transaction: Transaction, session: Session, request: EventsRequest) -> None:
    """Store a batch of events; those that are stored already are left as they are.

    Raises:
        RatingError: a slot or trial that the session does not have, or a kind of the server's own.
    """
    names = {str(event.event) for event in request.events}
    query = select(Event.event).where(Event.session_id == session.id, Event.event.in_(names))
    known = set(transaction.scalars(query))
    for event in request.events:
        if str(event.event) in known:
            continue
        known.add(str(event.event))
        transaction.add(_event(transaction, session, event))


def _event(transaction: Transaction, session: Session, request: EventRequest) -> Event:
    if request.kind in SERVER_KINDS:
        raise RatingError(f"events of kind {request.kind!r} are written by the server only")
    slot = find_slot(transaction, session, request.slot) if request.slot else None
    if request.slot and slot is None:
        raise RatingError("an event names a slot that this session does not have")
    trials = select(func.count()).where(Trial.session_id == session.id)
    if request.trial is not None and not 1 <= request.trial <= (transaction.scalar(trials) or 0):
        raise RatingError("an event names a trial that this session does not have")
    return Event(
        session_id=session.id,
        event=str(request.event),
        kind=request.kind,
        trial_number=request.trial,
        slot_id=slot.id if slot else None,
        value=request.value,
        client_at=request.client_at.isoformat(),
        stored_at=utc_now(),
    )
