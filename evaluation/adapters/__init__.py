"""How a model folder becomes something that renders: one module an adapter, named in one table."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from earwitness.stimuli.errors import ConfigError

from ..model_folder import MODEL_FILE, ModelFolder
from . import python, rendered
from .interface import ItemInputs, Rendering


class Renderer(Protocol):
    """A loaded system."""

    def render(self, inputs: ItemInputs) -> Rendering:
        """Render one item."""
        ...


@dataclass(frozen=True)
class Adapter:
    """What the engine needs to know about one kind of model folder.

    Attributes:
        runs_code: needs trust and a worker process.
        check: raises ConfigError for a `model.toml` that the adapter cannot follow.
        load: makes the system; in the worker if `runs_code`.
        item_digest: SHA-256 of the model's files that decide the rendering of one item.
    """

    runs_code: bool
    check: Callable[[ModelFolder], None]
    load: Callable[[ModelFolder], Renderer]
    item_digest: Callable[[ModelFolder, str], str]


ADAPTERS = {
    "python": Adapter(True, python.check, python.load, python.item_digest),
    "rendered": Adapter(False, rendered.check, rendered.load, rendered.item_digest),
}


def adapter_of(model: ModelFolder) -> Adapter:
    """The adapter that a model folder names.

    Raises:
        ConfigError: there is none of that name.
    """
    name = model.file.adapter
    if name not in ADAPTERS:
        near = difflib.get_close_matches(name, ADAPTERS, n=1)
        hint = f'; did you mean "{near[0]}"?' if near else ""
        raise ConfigError(
            f'{model.folder / MODEL_FILE}: unknown adapter "{name}"; '
            f"there are {', '.join(ADAPTERS)}{hint}"
        )
    return ADAPTERS[name]
