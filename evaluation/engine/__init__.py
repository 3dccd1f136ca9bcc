"""Where the work of a run is done: in this process and its children, or on a Ray cluster.

A run is cut into tasks, which need nothing but the folders that they name. An engine performs them
and gives back answers; only the process that was called writes to the store and shows progress.
"""

from __future__ import annotations

from .bench import Bench, choose_device
from .interface import Answer, Device, Engine, EngineName, Task, keep
from .local import default_renderers
from .opening import open_engine

__all__ = [
    "Answer",
    "Bench",
    "Device",
    "Engine",
    "EngineName",
    "Task",
    "choose_device",
    "default_renderers",
    "keep",
    "open_engine",
]
