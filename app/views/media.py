"""Audio by slot: only the session that the slot belongs to gets it."""

from __future__ import annotations

from flask import Blueprint, Response, abort, request, send_from_directory

from earwitness.stimuli.manifest import stimulus_path
from earwitness.stimuli.pages.registry import folders

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


@blueprint.get("/page-types/<page_type>/<path:name>")
def page_type_file(page_type: str, name: str) -> Response:
    """A script, style or picture of a page type of others (`static/` beside its class)."""
    folder = folders().get(page_type)
    if folder is None:
        abort(404)
    return send_from_directory(folder / "static", name, etag=False)


def _stimulus(context: Context, session_token: str, token: str) -> str | None:
    with context.database.read() as transaction:
        session = find_session(transaction, session_token)
        if session is None or session.status == "withdrawn":
            return None
        if token == session.level_token:
            return context.served.stimuli.level_noise
        slot = find_slot(transaction, session, token)
        return slot.stimulus if slot else None
