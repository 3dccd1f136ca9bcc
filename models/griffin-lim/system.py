"""Speech from mel features without learning: invert the bands, then look for the phase."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from earwitness.evaluation import ItemInputs, Rendering
from earwitness.stimuli.audio import Samples
from earwitness.stimuli.mel import (
    BANDS,
    HOP,
    MEL_RATE,
    Magnitudes,
    mel_filterbank,
    spectrum,
    waveform,
)

UPDATES = 100
TINY = np.float32(1e-8)


class GriffinLim:
    """Fast Griffin–Lim (Griffin and Lim 1984; Perraudin, Balazs and Søndergaard 2013)."""

    def __init__(self, parameters: Mapping[str, object]) -> None:
        self.iterations = int(str(parameters["iterations"]))
        self.momentum = np.float32(str(parameters["momentum"]))
        self.seed = int(str(parameters["seed"]))

    def render(self, inputs: ItemInputs) -> Rendering:
        mel = inputs.arrays["mel"]
        if (mel.values.shape[1], mel.rate, inputs.rate) != (BANDS, MEL_RATE / HOP, MEL_RATE):
            raise ValueError(
                f"griffin-lim needs {BANDS} mel bands at {MEL_RATE / HOP:g} frames/s and audio at "
                f"{MEL_RATE} Hz, not {mel.values.shape[1]} at {mel.rate:g} and {inputs.rate} Hz"
            )
        magnitudes = bins_from_bands(np.exp(mel.values.T))
        return Rendering(self.with_phase(magnitudes)[None, :])

    def with_phase(self, magnitudes: Magnitudes) -> Samples:
        """Find a waveform with these magnitudes, `bin × frame`, from a random phase."""
        generator = np.random.default_rng(self.seed)
        angles = generator.uniform(-np.pi, np.pi, magnitudes.shape)
        phase = np.exp(1j * angles).astype(np.complex64)
        last = np.zeros_like(phase)
        for _ in range(self.iterations):
            consistent = spectrum(waveform(magnitudes * phase))
            ahead = consistent + self.momentum * (consistent - last)
            phase = ahead / np.maximum(np.abs(ahead), TINY)
            last = consistent
        return waveform(magnitudes * phase)


def bins_from_bands(bands: Magnitudes) -> Magnitudes:
    """Magnitudes per bin, at least 0, whose sums in the mel bands are these.

    Multiplicative updates for least squares (Lee and Seung 2000), from a smooth first guess.
    """
    bank = mel_filterbank()
    wanted = bank.T @ bands
    bins: Magnitudes = wanted / np.maximum(bank.sum(axis=0), TINY)[:, None]
    gram = bank.T @ bank
    for _ in range(UPDATES):
        bins *= wanted / np.maximum(gram @ bins, TINY)
    return bins
