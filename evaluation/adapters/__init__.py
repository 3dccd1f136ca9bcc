"""How a model folder becomes something that renders: one module an adapter, named in one table."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from earwitness.stimuli.errors import ConfigError

from ..model_folder import MODEL_FILE, ModelFolder
from . import command, graph, python, rendered, weights
from .interface import ItemInputs, Rendering
from .keys import folder_digest


class Renderer(Protocol):
    """A loaded system."""

    def render(self, inputs: ItemInputs) -> Rendering:
        """Render one item."""
        ...


@dataclass(frozen=True)
class Adapter:
    """What the engine needs to know about one kind of model folder.

    Attributes:
        needs_trust: whether a folder runs code that came with it.
        check: raises ConfigError for a `model.toml` that the adapter cannot follow.
        load: makes the system; in a worker process if `is_isolated`.
        item_digest: SHA-256 of the model's files that decide the rendering of one item.
    """

    needs_trust: Callable[[ModelFolder], bool]
    check: Callable[[ModelFolder], None]
    load: Callable[[ModelFolder], Renderer]
    item_digest: Callable[[ModelFolder, str], str] = folder_digest
    is_isolated: bool = True


def _always(_: ModelFolder) -> bool:
    return True


def _never(_: ModelFolder) -> bool:
    return False


def _load_onnx(model: ModelFolder) -> Renderer:
    from .onnx_graph import load

    return load(model)


def _load_exported(model: ModelFolder) -> Renderer:
    from .torch_graph import load_exported

    return load_exported(model)


def _load_torchscript(model: ModelFolder) -> Renderer:
    from .torch_graph import load_torchscript

    return load_torchscript(model)


ADAPTERS = {
    "rendered": Adapter(
        _never, rendered.check, rendered.load, rendered.item_digest, is_isolated=False
    ),
    "python": Adapter(_always, python.check, python.load),
    "safetensors": Adapter(weights.needs_trust, weights.check, weights.load_safetensors),
    "state_dict": Adapter(weights.needs_trust, weights.check, weights.load_state_dict),
    "onnx": Adapter(_never, graph.check, _load_onnx),
    "exported": Adapter(_always, graph.check, _load_exported),
    "torchscript": Adapter(_always, graph.check, _load_torchscript),
    "command": Adapter(_always, command.check, command.load),
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
