"""The example's spectrum, peaks and loudness by rule."""

from __future__ import annotations

from collections.abc import Mapping

from earwitness.evaluation import ItemInputs, Rendering
from earwitness.evaluation.systems.style.rules import match_by_rule


class RuleBasedMatch:
    def __init__(self, _parameters: Mapping[str, object]) -> None:
        pass

    def render(self, inputs: ItemInputs) -> Rendering:
        audio = inputs.audio
        return Rendering(match_by_rule(audio["input"], audio["style"], inputs.rate))
