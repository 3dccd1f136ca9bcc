"""Whether the server can store an answer now."""

from __future__ import annotations

from flask import Blueprint, jsonify
from sqlalchemy import select
from werkzeug.wrappers import Response

from ..context import current
from ..tables import StudyVersion

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def healthz() -> Response:
    """Take the write lock and read: 200, or 503 from the error handler."""
    with current().database.write() as transaction:
        transaction.scalar(select(StudyVersion.digest).limit(1))
    return jsonify(ok=True)
