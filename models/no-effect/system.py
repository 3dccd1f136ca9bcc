"""The clean input, untouched: what a matcher must beat."""

from __future__ import annotations

from collections.abc import Mapping

from earwitness.evaluation import ItemInputs, Rendering


class NoEffect:
    def __init__(self, _parameters: Mapping[str, object]) -> None:
        pass

    def render(self, inputs: ItemInputs) -> Rendering:
        return Rendering(inputs.audio["input"])
