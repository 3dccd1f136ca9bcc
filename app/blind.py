"""Blinding: opaque tokens, audio responses that differ in nothing but samples, and the way back.

Only the server can turn a slot's token into a system (`identities`); nothing here reaches a
browser but the token and the audio.
"""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import TYPE_CHECKING

from flask import Response
from sqlalchemy import select
from werkzeug.wsgi import wrap_file

from earwitness.stimuli.pages.trials import Identity

from .tables import Session, Slot, Step, Trial

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

    from .db import Database

TOKEN_BYTES = 16  # 128 bits: cannot be guessed
CODE_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # nothing that reads like something else
CODE_CHARACTERS = 10
AUDIO_CACHE_S = 3600  # a reload within the hour needs no second download


def new_token() -> str:
    """A random token for a URL, 128 bits."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def new_id() -> str:
    """A random id for the exported tables, 128 bits in hex."""
    return secrets.token_hex(TOKEN_BYTES)


def new_code() -> str:
    """A completion or withdrawal code that can be read out: `XXXXX-XXXXX`, 50 bits."""
    code = "".join(secrets.choice(CODE_ALPHABET) for _ in range(CODE_CHARACTERS))
    return f"{code[:5]}-{code[5:]}"


def audio_response(path: Path, environ: WSGIEnvironment) -> Response:
    """A WAV file without name, date or digest: all stimuli of a page get equal headers.

    Raises:
        OSError: the file is not there.
    """
    file = path.open("rb")
    response = Response(wrap_file(environ, file), mimetype="audio/wav", direct_passthrough=True)
    response.content_length = path.stat().st_size
    response.headers["Cache-Control"] = f"private, max-age={AUDIO_CACHE_S}"
    response.call_on_close(file.close)
    return response


def identities(database: Database, session_token: str) -> dict[str, Identity]:
    """Slot token → what it is, for all slots of a session (empty for an unknown session)."""
    query = (
        select(
            Slot.token,
            Trial.item,
            Slot.system,
            Trial.is_training,
            Slot.role,
            Slot.letter,
            Step.page_id,
            Trial.number,
            Trial.target,
        )
        .join(Slot.trial)
        .join(Trial.step)
        .join(Session, Trial.session_id == Session.id)
        .where(Session.token == session_token)
    )
    with database.read() as transaction:
        return {
            token: Identity(item, system, is_training, role, letter, page, trial, target)
            for token, item, system, is_training, role, letter, page, trial, target in (
                transaction.execute(query)
            )
        }
