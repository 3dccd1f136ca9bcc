"""One relative loudness for every song, from the literature."""

from __future__ import annotations

from collections.abc import Mapping

from earwitness.evaluation import ItemInputs, Rendering
from earwitness.evaluation.systems.mix.level import set_relative_loudness


class Constant:
    def __init__(self, parameters: Mapping[str, object]) -> None:
        self.relative_loudness_lu = float(str(parameters["relative_loudness_lu"]))

    def render(self, inputs: ItemInputs) -> Rendering:
        lead, backing = inputs.audio["lead"], inputs.audio["backing"]
        lead = set_relative_loudness(lead, backing, inputs.rate, self.relative_loudness_lu)
        return Rendering(lead + backing, {"lead": lead, "backing": backing})
