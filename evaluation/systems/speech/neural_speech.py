"""Speech from neural signals: fit on other speakers' trials, decode features, synthesize."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from earwitness.evaluation.adapters.interface import ItemInputs, Rendering
from earwitness.stimuli.errors import ModelError

from .decoder import RidgeDecoder, Trial, fit_ridge
from .features import analyse
from .synthesizer import HOP, RATE
from .vocoder import decode

NEURAL = "neural"
PAIRINGS = ("own", "shuffled")


class NeuralSpeech:
    """A linear decoder before the harmonic-plus-noise synthesizer.

    Attributes:
        use_z: whether the timbre is decoded; else it is the mean of the training.
        pairing: `shuffled` learns each trial's signals with the speech of the next one: what is
            left is chance.
    """

    def __init__(self, parameters: Mapping[str, object]) -> None:
        self.use_z = bool(parameters["use_z"])
        self.pairing = parameters["pairing"]
        if self.pairing not in PAIRINGS:
            raise ModelError(f"pairing is {' or '.join(PAIRINGS)}, not {self.pairing!r}")
        self.decoder: RidgeDecoder | None = None

    def fit(self, examples: Sequence[ItemInputs]) -> None:
        trials = [
            Trial(example.arrays[NEURAL], analyse(example.reference.audio))
            for example in examples
            if example.reference is not None and NEURAL in example.arrays
        ]
        if not trials:
            raise ModelError("no item of another speaker has neural signals to learn from")
        if self.pairing == "shuffled":
            speech = [trial.features for trial in trials[1:] + trials[:1]]
            trials = [
                Trial(trial.neural, features)
                for trial, features in zip(trials, speech, strict=True)
                if trial.features.frames == features.frames
            ]
        self.decoder = fit_ridge(trials)

    def render(self, inputs: ItemInputs) -> Rendering:
        """Raises ModelError where the item has no neural signals or another rate."""
        if NEURAL not in inputs.arrays or inputs.rate != RATE:
            raise ModelError(f"needs an array input {NEURAL!r} and audio at {RATE} Hz")
        if self.decoder is None:
            raise ModelError('the decoder is fitted first: fit = "leave-one-group-out"')
        neural = inputs.arrays[NEURAL]
        frames = round(len(neural.values) / neural.rate * RATE)
        features = self.decoder.decode(neural, frames // HOP, use_z=self.use_z)
        return Rendering(decode(features, frames))
