"""A tab's requests: to hold the session, to take it over, to let it go."""

from __future__ import annotations

from flask import Blueprint, jsonify, request
from werkzeug.wrappers import Response

from ..context import current
from ..db import Transaction
from ..faults import ApiError
from ..flow import find_session
from ..tables import Session
from ..tabs import let_go, may_answer, take_over

blueprint = Blueprint("tabs", __name__)


@blueprint.post("/s/<session_token>/tab/<tab>")
def hold(session_token: str, tab: str) -> Response:
    """Hold a free session (`held`), or learn which tab has it; `?take` takes it over."""
    with current().database.write() as transaction:
        session = _session(transaction, session_token)
        if "take" in request.args and not take_over(session, tab):
            raise ApiError(422, "a tab is named by two random words with a dot between")
        is_held = may_answer(session, tab)
        holder = session.tab
    return jsonify(ok=True, held=is_held, holder=None if is_held else holder)


@blueprint.post("/s/<session_token>/tab/<tab>/close")
def close(session_token: str, tab: str) -> Response:
    """The tab is closed or goes to another page, which holds the session again."""
    with current().database.write() as transaction:
        let_go(_session(transaction, session_token), tab)
    return jsonify(ok=True)


def _session(transaction: Transaction, token: str) -> Session:
    session = find_session(transaction, token, lock=True)
    if session is None:
        raise ApiError(404, "there is no such session")
    return session
