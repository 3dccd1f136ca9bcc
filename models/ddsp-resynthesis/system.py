"""The recording through pitch, loudness and timbre and back: the ceiling of decoders of these."""

from __future__ import annotations

from collections.abc import Mapping

from earwitness.evaluation import ItemInputs, Rendering
from earwitness.evaluation.systems.speech.synthesizer import RATE
from earwitness.evaluation.systems.speech.vocoder import resynthesize


class Resynthesis:
    def __init__(self, _parameters: Mapping[str, object]) -> None:
        pass

    def render(self, inputs: ItemInputs) -> Rendering:
        if inputs.reference is None or inputs.rate != RATE:
            raise ValueError(f"ddsp-resynthesis needs the reference at {RATE} Hz")
        return Rendering(resynthesize(inputs.reference.audio))
