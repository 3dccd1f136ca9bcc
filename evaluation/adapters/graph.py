"""What adapters of saved graphs (`onnx`, `exported`, `torchscript`) share: tensors in, tensors out.

A graph takes the item's `inputs`, in the order that `model.toml` names them, each with a leading
batch axis of 1: audio `1 × channel × frame`, arrays `1 × time × channel`, float32. It returns the
`outputs`: the audio, or the processed stems (task `mix`), whose sum is the mixture.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from earwitness.stimuli.errors import ConfigError, ModelError

from ..model_folder import MODEL_FILE, ModelFolder
from .interface import ItemInputs, Rendering
from .keys import check_path, refuse_unused

AUDIO = ("audio",)

Tensors = Sequence[npt.NDArray[Any]]


@dataclass(frozen=True)
class GraphSystem:
    """A system that is one function of tensors.

    Attributes:
        inputs: names of the item's audio and array inputs, in the function's order.
        outputs: `audio`, or the names of stems, in the function's order.
        run: the function.
    """

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    run: Callable[[Tensors], Tensors]

    def render(self, inputs: ItemInputs) -> Rendering:
        """Render one item.

        Raises:
            ModelError: the item lacks an input, or the graph returns something else than it said.
        """
        results = self.run([_tensor(inputs, name) for name in self.inputs])
        if len(results) != len(self.outputs):
            raise ModelError(
                f"the graph returned {len(results)} tensor(s), outputs names {len(self.outputs)}"
            )
        named = dict(zip(self.outputs, (_samples(*one) for one in enumerate(results)), strict=True))
        if self.outputs == AUDIO:
            return Rendering(named["audio"])
        return Rendering(np.sum([*named.values()], axis=0), named)


def check(model: ModelFolder) -> None:
    """Refuse a `model.toml` that adapters of graphs cannot follow.

    Raises:
        ConfigError: `path` or `inputs` is missing, or another key is set.
    """
    refuse_unused(model, "path", "inputs", "outputs")
    check_path(model, "file of the graph")
    if not model.file.inputs:
        raise ConfigError(
            f'{model.folder / MODEL_FILE}: adapter "{model.file.adapter}" needs inputs = '
            "[names of the dataset's inputs, in the order in which the graph takes them]"
        )


def graph_system(model: ModelFolder, run: Callable[[Tensors], Tensors]) -> GraphSystem:
    """The system of a checked model folder around its function."""
    return GraphSystem(model.file.inputs, model.file.outputs or AUDIO, run)


def _tensor(inputs: ItemInputs, name: str) -> npt.NDArray[np.float32]:
    if name in inputs.audio:
        return inputs.audio[name][np.newaxis]
    if name in inputs.arrays:
        return inputs.arrays[name].values[np.newaxis]
    known = ", ".join([*inputs.audio, *inputs.arrays])
    raise ModelError(f'inputs names "{name}", but the item has {known}')


def _samples(place: int, value: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """One output without its batch axis; a mono graph may leave out the channel."""
    if value.ndim == 3 and value.shape[0] == 1:
        return value.squeeze(0)
    if value.ndim == 2 and value.shape[0] == 1:
        return value
    raise ModelError(
        f"output {place + 1} of the graph has the shape {' × '.join(map(str, value.shape))}, "
        "not 1 × channel × frame"
    )
