"""Writers of an SQLite database take turns.

SQLite itself makes a writer that finds the database locked sleep and look again, up to a tenth of a
second each time and in no order: under load most of an answer's time is such sleep, and an unlucky
writer gives up. Here writers of one process queue at a lock, and processes at a locked file, which
the kernel hands on at once. It only shortens waiting: what keeps the data whole is SQLite's lock.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from fcntl import LOCK_EX, LOCK_UN, flock
from pathlib import Path

from sqlalchemy.engine import URL


class TurnToWrite:
    """A context in which one thread of one process is at a time."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._lock = threading.Lock()

    @contextmanager
    def _taken(self) -> Iterator[None]:
        with self._lock:
            try:
                descriptor = os.open(self._file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            except OSError:  # a folder that cannot be written: the database tells why
                yield
                return
            try:
                flock(descriptor, LOCK_EX)
                yield
            finally:
                flock(descriptor, LOCK_UN)
                os.close(descriptor)

    def __call__(self) -> AbstractContextManager[None]:
        """Wait for the turn; it ends with the block, or with the process."""
        return self._taken()


def turn_to_write(url: URL) -> TurnToWrite | type[nullcontext[None]]:
    """How the writers of a database wait for each other; PostgreSQL sees to it itself."""
    if url.get_backend_name() != "sqlite" or not url.database or url.database == ":memory:":
        return nullcontext
    return TurnToWrite(Path(f"{url.database}-turn"))
