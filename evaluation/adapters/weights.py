"""Adapters `safetensors` and `state_dict`: weights in a file, and the architecture that takes them.

The file is read as data: nothing in it can run code, trusted or not. The architecture is
`entry = "file.py:Class"` in the model's folder (needs trust), or `entry = "name"`, which an
installed package offers under the entry point group `earwitness.architectures` (needs none). Either
is called as `Class(parameters, weights)`; `weights` maps names to tensors on the CPU.
"""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Any

from earwitness.stimuli.errors import ConfigError, ModelError

from ..model_folder import MODEL_FILE, ModelFolder
from .code import checked_system, entry_of, load_class
from .keys import check_path, model_path, refuse_unused

if TYPE_CHECKING:
    from torch import Tensor

GROUP = "earwitness.architectures"


def needs_trust(model: ModelFolder) -> bool:
    """Whether the architecture is code in the model's folder."""
    return _is_file(model)


def check(model: ModelFolder) -> None:
    """Refuse a `model.toml` that these adapters cannot follow.

    Raises:
        ConfigError: `path` or `entry` is missing or leads nowhere, or another key is set.
    """
    refuse_unused(model, "path", "entry", "fit")
    check_path(model, "file with the weights")
    if _is_file(model):
        entry_of(model)
    else:
        _installed(model)


def load_safetensors(model: ModelFolder) -> Any:
    """The architecture with the weights of a `.safetensors` file.

    Raises:
        ModelError: the file is no such file, or the architecture breaks its contract.
    """
    try:
        from safetensors import SafetensorError
        from safetensors.torch import load_file
    except ImportError as error:
        raise ModelError(
            "safetensors is not installed: pip install 'earwitness[evaluate]'"
        ) from error

    path = model_path(model)
    try:
        weights = load_file(path)
    except (SafetensorError, OSError) as error:
        raise ModelError(f"{path}: cannot be read as safetensors ({error})") from error
    return _made(model, weights)


def load_state_dict(model: ModelFolder) -> Any:
    """The architecture with the state dict of a `.pt` or `.ckpt` file, also one of Lightning.

    Raises:
        ModelError: the file is no such file or holds more than tensors and plain values, or the
            architecture breaks its contract.
    """
    return _made(model, _state_dict(model_path(model)))


def _state_dict(path: Path) -> Mapping[str, Tensor]:
    """The tensors of a checkpoint; `state_dict` of one that has more (Lightning's, say)."""
    import torch

    if path.stat().st_size == 0:
        raise ModelError(f"{path}: is empty (0 bytes); save or copy it again")
    try:
        found = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise ModelError(
            f"{path}: refused: it holds more than tensors and plain values, so that loading it "
            "could run code; save model.state_dict() alone"
        ) from error
    except (EOFError, OSError, RuntimeError, ValueError) as error:
        raise ModelError(f"{path}: cannot be read as a state dict ({error})") from error
    if isinstance(found, dict) and isinstance(found.get("state_dict"), dict):
        found = found["state_dict"]
    if not (isinstance(found, dict) and all(torch.is_tensor(value) for value in found.values())):
        raise ModelError(f"{path}: holds no state dict (names with tensors)")
    return found


def _made(model: ModelFolder, weights: Mapping[str, Tensor]) -> Any:
    factory = load_class(model) if _is_file(model) else _installed(model).load()
    return checked_system(model, factory(model.file.parameters, weights))


def _is_file(model: ModelFolder) -> bool:
    return ":" in (model.file.entry or ":")


def _installed(model: ModelFolder) -> EntryPoint:
    """The architecture of an installed package, not yet imported."""
    offered = entry_points(group=GROUP)
    name = model.file.entry or ""
    if name not in offered.names:
        known = ", ".join(sorted(offered.names)) or "there is none"
        raise ConfigError(
            f'{model.folder / MODEL_FILE}: entry: no package offers an architecture "{name}" '
            f'({known}); give "file.py:Class" or install the package that has it'
        )
    return offered[name]
