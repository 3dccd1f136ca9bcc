"""The researcher's access: a password (argon2), a one-time set-up link, a closed area.

Everything is closed unless it is listed as public. Nothing about a visitor is stored: the
throttle (`upkeep.throttle`) counts attempts, not who made them.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from flask import Response, redirect, request, session, url_for
from werkzeug.wrappers import Response as AnyResponse

from .context import current
from .db import Database, Transaction
from .settings import MIN_PASSWORD_CHARACTERS
from .tables import Researcher

PUBLIC_BLUEPRINTS = frozenset({"participant", "ratings", "tabs", "media", "health"})
PUBLIC_ENDPOINTS = frozenset({"static", "researcher.login", "researcher.setup"})
COOKIE_KEY = "researcher"
MAX_PASSWORD_CHARACTERS = 1024

_hasher = PasswordHasher()


def require_login() -> AnyResponse | None:
    """Before every request: what is not public needs the researcher's cookie."""
    if request.blueprint in PUBLIC_BLUEPRINTS or request.endpoint in PUBLIC_ENDPOINTS:
        return None
    if request.endpoint is None or is_logged_in():
        return None
    if request.method in ("GET", "HEAD"):
        return redirect(url_for("researcher.login"), 303)
    return Response("log in first", 401, mimetype="text/plain")


def is_logged_in() -> bool:
    """Whether the cookie was given for the password that holds now."""
    cookie = session.get(COOKIE_KEY)
    if not isinstance(cookie, str):
        return False
    with current().database.read() as transaction:
        stored = password_hash(transaction)
    return stored is not None and hmac.compare_digest(cookie, _fingerprint(stored))


def log_in(password: str) -> bool:
    """Check a password and give the cookie. A new password ends all earlier logins."""
    with current().database.read() as transaction:
        stored = password_hash(transaction)
    if stored is None or not _is_password(stored, password):
        return False
    session.clear()
    session[COOKIE_KEY] = _fingerprint(stored)
    session.permanent = True
    return True


def password_hash(transaction: Transaction) -> str | None:
    """The stored hash, or None as long as no password is set."""
    researcher = transaction.get(Researcher, 1)
    return researcher.password_hash if researcher else None


def set_password(transaction: Transaction, password: str) -> None:
    """Store a password's hash; a set-up link loses its power."""
    researcher = _researcher(transaction)
    if researcher.password_hash is None or not _is_password(researcher.password_hash, password):
        researcher.password_hash = _hasher.hash(password)
    researcher.setup_sha256 = None


def password_fault(password: str) -> str | None:
    """Why a new password is refused, or None."""
    if len(password) < MIN_PASSWORD_CHARACTERS:
        return f"Use at least {MIN_PASSWORD_CHARACTERS} characters."
    if len(password) > MAX_PASSWORD_CHARACTERS:
        return f"Use at most {MAX_PASSWORD_CHARACTERS} characters."
    return None


def new_setup_token(database: Database) -> str | None:
    """A token for a set-up link, which replaces the one before; None once a password is set."""
    with database.write() as transaction:
        researcher = _researcher(transaction)
        if researcher.password_hash is not None:
            return None
        token = secrets.token_urlsafe(32)
        researcher.setup_sha256 = _sha256(token)
        return token


def is_setup_token(transaction: Transaction, token: str) -> bool:
    """Whether a set-up link still holds."""
    researcher = transaction.get(Researcher, 1)
    if researcher is None or researcher.setup_sha256 is None:
        return False
    return hmac.compare_digest(researcher.setup_sha256, _sha256(token))


def _researcher(transaction: Transaction) -> Researcher:
    researcher = transaction.get(Researcher, 1, with_for_update=True)
    if researcher is None:
        researcher = Researcher(id=1)
        transaction.add(researcher)
    return researcher


def _is_password(stored: str, password: str) -> bool:
    try:
        return _hasher.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False


def _fingerprint(stored: str) -> str:
    return _sha256(f"login/{stored}")


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
