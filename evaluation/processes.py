"""Child processes: how many, and that none outlives the command, not even when it is killed."""

from __future__ import annotations

import multiprocessing
import os
import threading
from multiprocessing.connection import wait


def usable_cores() -> int:
    """Cores that this process may run on: a cluster's job has fewer than its host."""
    return len(os.sched_getaffinity(0))


def end_with_parent() -> None:
    """In a child: exit as soon as the parent is gone.

    A child that computes would otherwise go on for ever after `kill -9` of the command.
    """
    parent = multiprocessing.parent_process()
    assert parent is not None
    sentinel = parent.sentinel

    def watch() -> None:
        wait([sentinel])
        os._exit(1)

    threading.Thread(target=watch, daemon=True, name="end-with-parent").start()
