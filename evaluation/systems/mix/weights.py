"""Weights of a level network in a model folder, with what it was made with."""

from __future__ import annotations

from pathlib import Path

from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file

from earwitness.stimuli.errors import ModelError

from .network import InputNorm, LevelNetwork

WEIGHTS_FILE = "weights.safetensors"
INPUT_NORMS: tuple[InputNorm, ...] = ("none", "db", "l2_time")


def save_network(folder: Path, network: LevelNetwork) -> None:
    """Write the weights of a network and its shape."""
    facts = {
        "input_norm": network.input_norm,
        "recurrent": str(network.recurrent is not None).lower(),
    }
    save_file(network.state_dict(), folder / WEIGHTS_FILE, metadata=facts)


def load_network(folder: Path) -> LevelNetwork:
    """The network of a model folder, in evaluation mode.

    Raises:
        ModelError: the file is missing or damaged, or holds another network.
    """
    path = folder / WEIGHTS_FILE
    try:
        with safe_open(path, framework="pt") as file:
            facts = file.metadata() or {}
        norm = next(norm for norm in INPUT_NORMS if norm == facts.get("input_norm"))
        network = LevelNetwork(norm, recurrent=facts.get("recurrent") == "true")
        network.load_state_dict(load_file(path))
    except (OSError, SafetensorError, RuntimeError, StopIteration) as error:
        raise ModelError(f"{path}: not the weights of a level network ({error})") from error
    return network.eval()
