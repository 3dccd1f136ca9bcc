"""The speech as it was spoken."""

from __future__ import annotations

from collections.abc import Mapping

from earwitness.evaluation import ItemInputs, Rendering


class Original:
    """Returns the item's reference."""

    def __init__(self, _parameters: Mapping[str, object]) -> None:
        pass

    def render(self, inputs: ItemInputs) -> Rendering:
        if inputs.reference is None:
            raise ValueError('original needs the reference; its role must be "reference"')
        return Rendering(inputs.reference.audio)
