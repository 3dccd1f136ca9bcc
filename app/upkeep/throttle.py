"""At most ten attempts to log in a minute, over all workers of the server and whoever tries.

An attempt is stored before its password is checked, so that many at once cannot slip through, and
taken back when it succeeds. Only times are stored, and for a minute.
"""

from __future__ import annotations

import time

from sqlalchemy import delete, func, select

from ..db import Database
from .tables import LoginAttempt

MAX_ATTEMPTS = 10
WINDOW_S = 60.0


def admit(database: Database) -> int | None:
    """The number of a new attempt, or None when there were too many."""
    now = time.time()
    with database.write() as transaction:
        transaction.execute(delete(LoginAttempt).where(LoginAttempt.at < now - WINDOW_S))
        if (transaction.scalar(select(func.count(LoginAttempt.id))) or 0) >= MAX_ATTEMPTS:
            return None
        attempt = LoginAttempt(at=now)
        transaction.add(attempt)
        transaction.flush()
        return attempt.id


def succeeded(database: Database, attempt: int) -> None:
    """Do not count an attempt with the right password."""
    with database.write() as transaction:
        transaction.execute(delete(LoginAttempt).where(LoginAttempt.id == attempt))
