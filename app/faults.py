"""Errors as answers: JSON for the player's requests, a page that says what is safe for people."""

from __future__ import annotations

import logging

from flask import Flask, Response, jsonify, make_response, render_template, request
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException

from earwitness.stimuli.errors import RatingError

from .context import current

JSON_BLUEPRINTS = frozenset({"ratings", "tabs", "health"})
SAFE_METHODS = frozenset({"GET", "HEAD"})

log = logging.getLogger(__name__)

CODES = {
    400: "bad_request",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    409: "conflict",
    410: "gone",
    413: "too_large",
    422: "invalid",
    429: "too_many_requests",
    503: "not_stored",
}
MESSAGES = {
    404: "There is nothing at this address. Check the link that you were given.",
    405: "This address does not take that request.",
    413: "That is too much text for one request. Shorten it and send it again.",
    500: "Something went wrong on our side. Reload the page to go on.",
    503: "The answer could not be stored just now. Wait a moment and try again.",
}


class ApiError(Exception):
    """An error answered as JSON: `{"ok": false, "error": {code, message, field}}`."""

    def __init__(self, status: int, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.field = field


def init_app(app: Flask) -> None:
    """Register the handlers."""
    app.register_error_handler(ApiError, _api_error)
    app.register_error_handler(RatingError, _rating_error)
    app.register_error_handler(SQLAlchemyError, _database_error)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _unexpected)


def _api_error(error: ApiError) -> Response:
    return _as_json(error.status, error.message, error.field)


def _rating_error(error: RatingError) -> Response:
    return fault(422, str(error))


def _database_error(error: SQLAlchemyError) -> Response:
    """A full disk, a lock that was not released, a lost connection: nothing was acknowledged."""
    if "\0" in request.path:  # which PostgreSQL takes in no text: the address of nothing
        return fault(404, MESSAGES[404])
    log.error("%s: the database failed", request.endpoint, exc_info=error)
    return fault(503, MESSAGES[503])


def _http_error(error: HTTPException) -> Response:
    status = error.code or 500
    if status in (301, 307, 308) or error.response is not None:
        return make_response(error.get_response())
    is_own = type(error).description != error.description
    return fault(status, MESSAGES.get(status, "") if not is_own else str(error.description))


def _unexpected(error: Exception) -> Response:
    # By endpoint: the path would put a participant's link into the log.
    log.error("%s: unexpected error", request.endpoint, exc_info=error)
    return fault(500, MESSAGES[500])


def fault(status: int, message: str) -> Response:
    """An error in the form that the asking page understands."""
    message = message or "The request could not be understood."
    if request.blueprint in JSON_BLUEPRINTS or request.is_json:
        return _as_json(status, message)
    # What was acknowledged is stored whatever happens now; a failed form was not.
    is_safe = request.method in SAFE_METHODS
    page = render_template(
        "error.html",
        status=status,
        message=message,
        safe=is_safe,
        study=current().served.study.study,
    )
    return make_response(page, status)


def _as_json(status: int, message: str, field: str | None = None) -> Response:
    error = {"code": CODES.get(status, "error"), "message": message, "field": field}
    response = jsonify(ok=False, error=error)
    response.status_code = status
    return response
