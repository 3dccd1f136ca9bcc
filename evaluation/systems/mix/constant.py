"""One relative loudness for every song, whatever it is."""

from __future__ import annotations

from collections.abc import Mapping

from earwitness.evaluation.adapters.interface import ItemInputs, Rendering

from .level import set_relative_loudness


class FixedConstant:
    """Sets the lead to `relative_loudness_lu` of the parameters; the backing stays."""

    def __init__(self, parameters: Mapping[str, object]) -> None:
        self.relative_loudness_lu = float(str(parameters["relative_loudness_lu"]))

    def render(self, inputs: ItemInputs) -> Rendering:
        return at_relative_loudness(inputs, self.relative_loudness_lu)


def at_relative_loudness(inputs: ItemInputs, target_lu: float) -> Rendering:
    """The lead brought to `target_lu` against the backing, and both mixed.

    Raises:
        ModelError: lead or backing has no loudness.
    """
    backing = inputs.audio["backing"]
    lead = set_relative_loudness(inputs.audio["lead"], backing, inputs.rate, target_lu)
    return Rendering(lead + backing, {"lead": lead, "backing": backing})
