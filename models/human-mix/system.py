"""The mix as its musicians made it."""

from __future__ import annotations

from collections.abc import Mapping

from earwitness.evaluation import ItemInputs, Rendering


class HumanMix:
    """Returns the item's reference: both stems at their original levels, and their sum."""

    def __init__(self, _parameters: Mapping[str, object]) -> None:
        pass

    def render(self, inputs: ItemInputs) -> Rendering:
        if inputs.reference is None:
            raise ValueError('human-mix needs the reference; its role must be "reference"')
        return Rendering(inputs.reference.audio, inputs.reference.stems)
