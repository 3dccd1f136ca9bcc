"""Batches side by side on a CPU: as many threads as torch may use, each with its own batch.

A kernel that shares its own work among threads waits for the slowest of them after every step, and
the others spin meanwhile; beside busy worker processes that costs more than it gains. Whole batches
never wait for each other.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import torch

Work = TypeVar("Work")
Done = TypeVar("Done")

# Fewer samples of one side cost more in calls than in arithmetic.
FEWEST_SAMPLES = 2**19


def threads(device: str) -> int:
    """How many batches run at once."""
    return torch.get_num_threads() if torch.device(device).type == "cpu" else 1


def limit_for_all(total: int, most: int, device: str) -> int:
    """Samples of a batch, at most `most`, such that `total` samples give every thread one."""
    return min(most, max(FEWEST_SAMPLES, -(-total // threads(device))))


def each(do: Callable[[Work], Done], work: Sequence[Work], device: str) -> list[Done]:
    """What `do` gives for each piece of work, in order; in this thread where one is enough."""
    count = min(threads(device), len(work))
    if count < 2:
        return [do(one) for one in work]
    with _single_threaded_kernels(), ThreadPoolExecutor(count, "scoring") as pool:
        return [*pool.map(do, work)]


@contextlib.contextmanager
def _single_threaded_kernels() -> Iterator[None]:
    """For threads that start meanwhile."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
