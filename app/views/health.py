"""Whether the server can store an answer now; asked again and again, it is also the clock."""

from __future__ import annotations

import time

from flask import Blueprint, jsonify
from sqlalchemy import select
from werkzeug.wrappers import Response

from ..context import current
from ..tables import StudyVersion
from ..upkeep.recruits import purge

blueprint = Blueprint("health", __name__)
PURGE_EVERY_S = 3600.0
_next_purge_s = 0.0


@blueprint.get("/healthz")
def healthz() -> Response:
    """Take the write lock and read: 200, or 503 from the error handler.

    Once an hour recruiters' ids that are past their date go.
    """
    global _next_purge_s
    with current().database.write() as transaction:
        transaction.scalar(select(StudyVersion.digest).limit(1))
        if time.monotonic() >= _next_purge_s:
            purge(transaction)
            _next_purge_s = time.monotonic() + PURGE_EVERY_S
    return jsonify(ok=True)
