"""Settings by rule: masking equaliser, compression to a loudness range, reverb by tempo."""

from __future__ import annotations

from collections.abc import Mapping

from earwitness.evaluation import ItemInputs, Rendering
from earwitness.evaluation.systems.mix.chain import process
from earwitness.evaluation.systems.mix.rules import settings_by_rule


class RuleBased:
    def __init__(self, _parameters: Mapping[str, object]) -> None:
        pass

    def render(self, inputs: ItemInputs) -> Rendering:
        lead, backing = inputs.audio["lead"], inputs.audio["backing"]
        settings = settings_by_rule(lead, backing, inputs.rate)
        lead = process(lead, backing, inputs.rate, settings)
        return Rendering(lead + backing, {"lead": lead, "backing": backing})
