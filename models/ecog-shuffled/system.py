"""Speech from neural signals by a linear decoder and a harmonic-plus-noise synthesizer."""

from __future__ import annotations

from collections.abc import Mapping

from earwitness.evaluation.systems.speech.neural_speech import NeuralSpeech


class System(NeuralSpeech):
    def __init__(self, parameters: Mapping[str, object]) -> None:
        pairing = "shuffled" if parameters["pairing"] == "shuffled" else "own"
        super().__init__(use_z=bool(parameters["use_z"]), pairing=pairing)
