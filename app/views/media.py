"""Audio by slot: only the session that the slot belongs to gets it."""

from __future__ import annotations

from flask import Blueprint, Response, abort, request

from earwitness.stimuli.manifest import stimulus_path

from ..blind import audio_response
from ..context import Context, current
from ..flow import find_session
from ..ratings import find_slot

blueprint = Blueprint("media", __name__)


@blueprint.get("/s/<session_token>/audio/<token>")
def audio(session_token: str, token: str) -> Response:
    """The stimulus in a slot, or the noise of the level page."""
    context = current()
    stimulus = _stimulus(context, session_token, token)
    if stimulus is None:
        abort(404)
    try:
        return audio_response(stimulus_path(context.served.folder, stimulus), request.environ)
    except OSError:
        abort(404)


def _stimulus(context: Context, session_token: str, token: str) -> str | None:
    with context.database.read() as transaction:
        session = find_session(transaction, session_token)
        if session is None or session.status == "withdrawn":
            return None
        if token == session.level_token:
            return context.served.stimuli.level_noise
        slot = find_slot(transaction, session, token)
        return slot.stimulus if slot else None
