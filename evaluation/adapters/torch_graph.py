"""Adapters `exported` (`torch.export`, .pt2) and `torchscript`: programs that torch runs.

Loading either runs code of the file, so both need trust. They run on the device that they were
saved for, or on the CPU where there is no such device.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from earwitness.stimuli.errors import ModelError

from ..model_folder import ModelFolder
from .graph import GraphSystem, Tensors, graph_system
from .keys import model_path


def load_exported(model: ModelFolder) -> GraphSystem:
    """The program of a `.pt2` file.

    Raises:
        ModelError: the file is no such program.
    """
    return _system(model, lambda path: torch.export.load(path).module())


def load_torchscript(model: ModelFolder) -> GraphSystem:
    """The module of a TorchScript file.

    Raises:
        ModelError: the file is no such module.
    """
    device = None if torch.cuda.is_available() else "cpu"
    return _system(model, lambda path: torch.jit.load(path, map_location=device))  # type: ignore[no-untyped-call]


def _system(model: ModelFolder, load: Callable[[str], Any]) -> GraphSystem:
    path = model_path(model)
    try:
        module = load(str(path))
    except Exception as error:  # torch's loaders raise whatever the file makes them
        text = " ".join(str(error).split())
        raise ModelError(f"{path}: torch cannot load it ({text})") from error
    device = next((tensor.device for tensor in _state(module)), torch.device("cpu"))

    def run(tensors: Tensors) -> Tensors:
        with torch.inference_mode():
            result = module(*(torch.from_numpy(tensor).to(device) for tensor in tensors))
        results = (result,) if torch.is_tensor(result) else tuple(result)
        return [one.cpu().numpy() for one in results]

    return graph_system(model, run)


def _state(module: Any) -> list[torch.Tensor]:
    return [*module.parameters(), *module.buffers()]
