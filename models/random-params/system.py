"""The channel strip with settings by chance; seed and item decide them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import numpy as np

from earwitness.evaluation import ItemInputs, Rendering
from earwitness.stimuli.effects.render import apply_effect
from earwitness.stimuli.effects.table import effect


class RandomParams:
    def __init__(self, parameters: Mapping[str, object]) -> None:
        self.seed = int(str(parameters["seed"]))
        self.strip = effect("channel-strip")

    def render(self, inputs: ItemInputs) -> Rendering:
        digest = hashlib.sha256(f"{self.seed}/{inputs.item}".encode()).digest()
        draw = np.random.default_rng(int.from_bytes(digest[:8], "big"))
        settings = {parameter.name: float(draw.uniform()) for parameter in self.strip.parameters}
        return Rendering(apply_effect(inputs.audio["input"], inputs.rate, self.strip, settings))
