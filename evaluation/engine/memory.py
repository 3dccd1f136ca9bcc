"""Memory that is free goes back to the system after each batch, so that a long run stays flat."""

from __future__ import annotations

import ctypes
import functools
from collections.abc import Callable


@functools.cache
def _trim() -> Callable[[int], int] | None:
    """`malloc_trim` of glibc; None with another C library."""
    try:
        trim = ctypes.CDLL(None).malloc_trim
    except (OSError, AttributeError):
        return None
    trim.argtypes = [ctypes.c_size_t]
    found: Callable[[int], int] = trim
    return found


def give_back_memory() -> None:
    """Return what freed tensors left behind.

    Each thread that scores allocates from an arena of its own, which glibc keeps at the largest
    size that it ever had.
    """
    trim = _trim()
    if trim is not None:
        trim(0)
