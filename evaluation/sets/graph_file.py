"""An embedder from a file: TorchScript, `torch.export` or ONNX, named with its rate and window.

The graph takes windows (float32, window × sample) and gives embeddings, window × dimension, or
window × time × dimension, of which the mean over time counts.
"""

from __future__ import annotations

import functools
import hashlib
import re
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from earwitness.stimuli.audio import MAX_RATE, MIN_RATE
from earwitness.stimuli.errors import ConfigError, ModelError

from ..metrics.packaged import onnx_session
from .embedder import Embedder, Network

USUAL_WINDOW_S = 1.0
_TORCH = (".pt", ".pt2", ".ts")


def runs_code(source: str) -> bool:
    """Whether loading `source` may run code of the file: everything but ONNX."""
    return source.partition(":")[0].endswith(_TORCH)


def graph_embedder(source: str) -> Embedder:
    """The embedder that `FILE:RATE_HZ` or `FILE:RATE_HZ:WINDOW_S` names; windows overlap by half.

    The file's SHA-256 is part of its version, so that scores follow its content.

    Raises:
        ConfigError: it is no such name, or there is no such file.
    """
    match = re.fullmatch(r"(.+?\.(?:onnx|pt2|pt|ts)):(\d+)(?::(\d+(?:\.\d+)?))?", source)
    if not match:
        raise ConfigError(
            f"--embedder {source}: give FILE:RATE_HZ[:WINDOW_S], as in clap.onnx:48000:10, "
            "with a file .onnx, .pt (TorchScript) or .pt2 (torch.export)"
        )
    path, rate_hz = Path(match[1]).resolve(), int(match[2])
    window_s = float(match[3]) if match[3] else USUAL_WINDOW_S
    if not path.is_file():
        raise ConfigError(f"--embedder {source}: {path}: no such file")
    if not MIN_RATE <= rate_hz <= MAX_RATE or not 0.01 <= window_s <= 60.0:
        raise ConfigError(f"--embedder {source}: the rate is 8000–192000 Hz, a window 0.01–60 s")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return Embedder(
        id=_identifier(path),
        title=path.name,
        rate_hz=rate_hz,
        window_s=window_s,
        hop_s=window_s / 2,
        load=functools.partial(_load, path),
        citation=f"file {path.name}, SHA-256 {digest}",
        revision=f"{digest[:12]}, {rate_hz} Hz, {window_s:g} s",
        description="A graph of the user.",
    )


def _identifier(path: Path) -> str:
    name = "_".join(re.findall(r"[a-z0-9]+", path.stem.lower()))
    return name or "graph"


def _load(path: Path, device: str) -> Network:
    if path.suffix == ".onnx":
        session = onnx_session(path, device)
        name = session.get_inputs()[0].name
        return lambda windows: _pooled(
            path, torch.from_numpy(session.run(None, {name: windows.cpu().numpy()})[0]), windows
        )
    try:
        module = _program(path, device)
    except Exception as error:  # torch's loaders raise whatever the file makes them
        text = " ".join(str(error).split())
        raise ModelError(f"{path}: torch cannot load it ({text})") from error
    tensors = [*module.parameters(), *module.buffers()]
    place = tensors[0].device if tensors else torch.device("cpu")
    return lambda windows: _pooled(path, module(windows.to(place)), windows)


def _program(path: Path, device: str) -> Any:
    if path.suffix == ".pt2":
        return torch.export.load(str(path)).module()
    return torch.jit.load(str(path), map_location=device)  # type: ignore[no-untyped-call]


def _pooled(path: Path, found: Any, windows: Tensor) -> Tensor:
    """One vector for each window."""
    result = found if torch.is_tensor(found) else found[0]
    if result.ndim == 3:
        result = result.mean(1)
    if result.ndim != 2 or len(result) != len(windows):
        shape = " × ".join(map(str, result.shape))
        raise ModelError(f"{path} gives {shape} for {len(windows)} windows, not one vector each")
    return result
