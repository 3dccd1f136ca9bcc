"""Limits on requests that cost the server much, kept in memory: nothing about a visitor is stored.

An address is remembered for a minute, as a digest with a key that ends with the process. One
address may be a whole class at a school, so the limits stop floods, not groups.
"""

from __future__ import annotations

import hashlib
import secrets
import threading
import time
from collections import deque

from flask import abort, request

WINDOW_S = 60.0
MAX_STARTS = 300  # sessions begun a minute from one address, in one server process

_KEY = secrets.token_bytes(16)


class RateLimit:
    """At most `limit` events a minute for each key."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._times: dict[bytes, deque[float]] = {}
        self._lock = threading.Lock()

    def admits(self, key: str, now: float | None = None) -> bool:
        """Whether one more event may happen now; if so it is counted."""
        now = time.monotonic() if now is None else now
        name = hashlib.blake2b(key.encode(), key=_KEY, digest_size=8).digest()
        with self._lock:
            self._forget(now)
            times = self._times.setdefault(name, deque())
            if len(times) >= self.limit:
                return False
            times.append(now)
            return True

    def _forget(self, now: float) -> None:
        for name, times in list(self._times.items()):
            while times and now - times[0] > WINDOW_S:
                times.popleft()
            if not times:
                del self._times[name]


starts = RateLimit(MAX_STARTS)


def limit_starts() -> None:
    """Answer 429 to a flood of new sessions; nothing of the flood is stored."""
    if not starts.admits(request.remote_addr or ""):
        abort(429, "Many people are starting just now. Wait a minute and press the button again.")
