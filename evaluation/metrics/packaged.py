"""Weights that lie inside installed packages, read without importing the package.

Importing them would need what they depend on (torchaudio, TensorFlow, numba), none of which their
networks need.
"""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

import torch

from earwitness.stimuli.errors import ModelError


def packaged_file(package: str, path: str) -> Path:
    """Where a file of an installed distribution lies.

    Args:
        package: the distribution's name.
        path: of the file as in its list of files.

    Raises:
        ModelError: the package, or this file of it, is missing.
    """
    try:
        found = Path(str(distribution(package).locate_file(path)))
    except PackageNotFoundError as error:
        raise ModelError(f"{package} is not installed") from error
    if not found.is_file():
        raise ModelError(f"{package} has no {path}: another version of it is installed")
    return found


def load_weights(path: Path, device: str) -> dict[str, Any]:
    """A dictionary of tensors; nothing in the file is run.

    Raises:
        ModelError: it holds something else.
    """
    try:
        weights = torch.load(path, map_location=device, weights_only=True)
    except Exception as error:  # whatever torch's loader raises
        raise ModelError(f"{path}: cannot be read as weights ({error})") from error
    if not isinstance(weights, dict):
        raise ModelError(f"{path}: holds no dictionary of weights")
    return weights


def onnx_session(path: Path, device: str) -> Any:
    """An ONNX Runtime session for a graph without external data.

    Raises:
        ModelError: ONNX Runtime is not installed, or refuses the file.
    """
    try:
        import onnx
        import onnxruntime
    except ImportError as error:
        raise ModelError("ONNX Runtime is not installed: pip install 'earwitness[onnx]'") from error
    from ..adapters.onnx_graph import without_external_data

    content = without_external_data(onnx, path)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    offered = onnxruntime.get_available_providers()
    wanted = ["CUDAExecutionProvider"] if device == "cuda" else []
    providers = [one for one in (*wanted, "CPUExecutionProvider") if one in offered]
    try:
        return onnxruntime.InferenceSession(content, options, providers=providers)
    except Exception as error:  # its exceptions have no common base
        raise ModelError(f"{path}: ONNX Runtime refuses it ({error})") from error
