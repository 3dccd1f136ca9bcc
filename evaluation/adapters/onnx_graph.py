"""Adapter `onnx`: a graph that runs in ONNX Runtime. Data only, so it needs no trust.

External data is refused: it would let a model read files anywhere on the machine
(CVE-2024-27318).
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from earwitness.stimuli.errors import ModelError

from ..model_folder import ModelFolder
from .graph import GraphSystem, Tensors, graph_system
from .keys import model_path


def load(model: ModelFolder) -> GraphSystem:
    """The graph in a session of ONNX Runtime, on an accelerator where it has one.

    Raises:
        ModelError: ONNX Runtime is not installed, the file is no ONNX model, or it refers to
            external data.
    """
    try:
        import onnx
        import onnxruntime
    except ImportError as error:
        raise ModelError("ONNX Runtime is not installed: pip install 'earwitness[onnx]'") from error
    path = model_path(model)
    content = without_external_data(onnx, path)
    try:
        session = onnxruntime.InferenceSession(
            content, providers=onnxruntime.get_available_providers()
        )
    except Exception as error:  # its exceptions have no common base
        raise ModelError(f"{path}: ONNX Runtime refuses it ({error})") from error
    names = [one.name for one in session.get_inputs()]
    if len(names) != len(model.file.inputs):
        raise ModelError(f"{path}: the graph takes {', '.join(names)}; name as many inputs")

    def run(tensors: Tensors) -> Tensors:
        results: Tensors = session.run(None, dict(zip(names, tensors, strict=True)))
        return results

    return graph_system(model, run)


def without_external_data(onnx: Any, path: Path) -> bytes:
    """The file's content, after a look at every tensor in it."""
    content = path.read_bytes()
    try:
        parsed = onnx.load_model_from_string(content)
    except Exception as error:  # protobuf's errors depend on its implementation
        raise ModelError(f"{path}: cannot be read as ONNX ({error})") from error
    if not parsed.HasField("graph"):
        raise ModelError(f"{path}: cannot be read as ONNX (it has no graph)")
    external = onnx.TensorProto.EXTERNAL
    for message in _messages(parsed):
        if isinstance(message, onnx.TensorProto) and (
            message.data_location == external or message.external_data
        ):
            raise ModelError(
                f"{path}: refused: its tensor {message.name!r} lies in another file; save it with "
                "its weights inside"
            )
    return content


def _messages(message: Any) -> Iterable[Any]:
    """A protobuf message and all messages in it, wherever a graph may hide a tensor."""
    pending = [message]
    while pending:
        current = pending.pop()
        yield current
        for field, value in current.ListFields():
            if field.message_type is not None:
                pending.extend([value] if hasattr(value, "ListFields") else value)
