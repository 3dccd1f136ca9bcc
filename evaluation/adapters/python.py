"""Adapter `python`: a class in the model's folder, `entry = "file.py:Class"`.

Runs code: only trusted folders get here, and only inside a worker process.
"""

from __future__ import annotations

from typing import Any

from ..model_folder import ModelFolder
from .code import checked_system, entry_of, load_class
from .keys import refuse_unused


def check(model: ModelFolder) -> None:
    """Refuse a `model.toml` that this adapter cannot follow.

    Raises:
        ConfigError: `entry` is missing, malformed or outside the folder, or another key is set.
    """
    refuse_unused(model, "entry", "fit")
    entry_of(model)


def load(model: ModelFolder) -> Any:
    """Run the file of `entry` and make its class with `[parameters]`.

    Raises:
        ModelError: the file has no such class, or it has no `render`. What the model's own code
            raises comes through as it is.
    """
    return checked_system(model, load_class(model)(model.file.parameters))
