"""The player's requests: answers and events as JSON."""

from __future__ import annotations

from typing import TypeVar

from flask import Blueprint, jsonify, request
from pydantic import BaseModel, ValidationError
from werkzeug.wrappers import Response

from ..context import current
from ..db import Transaction
from ..events import store_events
from ..faults import ApiError
from ..flow import find_session
from ..ratings import find_slot, given, store_rating
from ..requests import EventsRequest, RatingRequest
from ..tables import Session
from ..tabs import HEADER, may_answer
from ..versions import study_of

blueprint = Blueprint("ratings", __name__)
RequestT = TypeVar("RequestT", bound=BaseModel)


@blueprint.put("/s/<session_token>/slots/<slot_token>/ratings/<scale>")
def put_rating(session_token: str, slot_token: str, scale: str) -> Response:
    """Store one answer; the reply says what is stored now and comes after it is."""
    body = _parsed(RatingRequest)
    with current().database.write() as transaction:
        session = _session(transaction, session_token)
        slot = find_slot(transaction, session, slot_token, to_answer=True)
        if slot is None:
            raise ApiError(404, "this session has no such slot")
        study = study_of(transaction, session)
        rating = store_rating(transaction, session, study, slot, scale, body)
        stored = {**given(rating), "declined": rating.declined, "sequence": rating.sequence}
    return jsonify(ok=True, stored=stored)


@blueprint.post("/s/<session_token>/events")
def post_events(session_token: str) -> Response:
    """Store a batch of events."""
    body = _parsed(EventsRequest)
    with current().database.write() as transaction:
        store_events(transaction, _session(transaction, session_token), body)
    return jsonify(ok=True)


def _session(transaction: Transaction, token: str) -> Session:
    session = find_session(transaction, token, lock=True)
    if session is None:
        raise ApiError(404, "there is no such session")
    if not may_answer(session, request.headers.get(HEADER)):
        raise ApiError(409, "this test is open in another tab or on another device")
    return session


def _parsed(model: type[RequestT]) -> RequestT:
    """The request's JSON, checked; the first fault is named."""
    try:
        return model.model_validate_json(request.get_data())
    except ValidationError as error:
        detail = error.errors(include_url=False, include_input=False)[0]
        field = ".".join(str(part) for part in detail["loc"]) or None
        status = 400 if detail["type"] == "json_invalid" else 422
        message = detail["msg"].removeprefix("Value error, ")
        raise ApiError(status, f"{field or 'the request'}: {message}", field) from error
