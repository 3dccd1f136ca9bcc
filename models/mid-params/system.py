"""The channel strip with every setting in the middle."""

from __future__ import annotations

from collections.abc import Mapping

from earwitness.evaluation import ItemInputs, Rendering
from earwitness.stimuli.effects.render import apply_effect
from earwitness.stimuli.effects.table import effect


class MidParams:
    def __init__(self, _parameters: Mapping[str, object]) -> None:
        self.strip = effect("channel-strip")
        self.settings = {parameter.name: 0.5 for parameter in self.strip.parameters}

    def render(self, inputs: ItemInputs) -> Rendering:
        return Rendering(
            apply_effect(inputs.audio["input"], inputs.rate, self.strip, self.settings)
        )
