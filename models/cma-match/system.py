"""Search the settings of a channel strip until the result sounds like the example."""

from __future__ import annotations

from collections.abc import Mapping

from earwitness.evaluation import ItemInputs, Rendering
from earwitness.evaluation.systems.style.distance import StyleDistance
from earwitness.evaluation.systems.style.search import by_cma, match
from earwitness.stimuli.effects.render import apply_effect
from earwitness.stimuli.effects.table import effect


class CmaMatch:
    def __init__(self, parameters: Mapping[str, object]) -> None:
        self.search = by_cma(int(str(parameters["iterations"])))
        self.restarts = int(str(parameters["restarts"]))
        self.seed = int(str(parameters["seed"]))
        self.strip = effect("channel-strip")

    def render(self, inputs: ItemInputs) -> Rendering:
        clean, rate = inputs.audio["input"], inputs.rate
        distance = StyleDistance(inputs.audio["style"], rate)
        settings, _ = match(
            clean, rate, self.strip, distance, self.search, seed=self.seed, restarts=self.restarts
        )
        return Rendering(apply_effect(clean, rate, self.strip, settings))
