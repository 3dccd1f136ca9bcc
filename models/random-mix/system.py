"""Settings by chance, through the same effects as `rule-based`: the low end of a listening test."""

from __future__ import annotations

from collections.abc import Mapping

from earwitness.evaluation import ItemInputs, Rendering
from earwitness.evaluation.systems.mix.chain import process
from earwitness.evaluation.systems.mix.draws import random_settings


class RandomMix:
    def __init__(self, parameters: Mapping[str, object]) -> None:
        self.seed = int(str(parameters["seed"]))

    def render(self, inputs: ItemInputs) -> Rendering:
        lead, backing = inputs.audio["lead"], inputs.audio["backing"]
        lead = process(lead, backing, inputs.rate, random_settings(inputs.item, self.seed))
        return Rendering(lead + backing, {"lead": lead, "backing": backing})
