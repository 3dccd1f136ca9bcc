"""No mixing at all: both stems at one loudness."""

from __future__ import annotations

from collections.abc import Mapping

from earwitness.evaluation import ItemInputs, Rendering


class Unmixed:
    """Adds the two stems as they come, both at −23 LUFS: a relative loudness of 0 LU."""

    def __init__(self, _parameters: Mapping[str, object]) -> None:
        pass

    def render(self, inputs: ItemInputs) -> Rendering:
        lead, backing = inputs.audio["lead"], inputs.audio["backing"]
        return Rendering(lead + backing, {"lead": lead, "backing": backing})
