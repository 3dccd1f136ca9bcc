"""The human mix with the lead far too loud: a mistake of known size."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from earwitness.evaluation import ItemInputs, Rendering


class LeadUp:
    """Raises the lead of the human mix by `lead_gain_db`; the backing stays."""

    def __init__(self, parameters: Mapping[str, object]) -> None:
        self.gain = np.float32(10.0 ** (float(str(parameters["lead_gain_db"])) / 20.0))

    def render(self, inputs: ItemInputs) -> Rendering:
        if inputs.reference is None:
            raise ValueError('lead-up needs the original stems; its role must be "anchor"')
        lead = inputs.reference.stems["lead"] * self.gain
        backing = inputs.reference.stems["backing"]
        return Rendering(lead + backing, {"lead": lead, "backing": backing})
