"""Simulated recordings from the cortex: speech features in, electrodes out, with a known ceiling.

No patient's data is used. Every electrode follows a random mixture of the features of the speech,
each with a delay of its own, under 1/f noise at a stated signal-to-noise ratio: at a high one a
linear decoder can recover the features, at a low one nothing can.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from earwitness.stimuli.array import Array

from .features import Features
from .synthesizer import HOP, RATE

Floats = npt.NDArray[np.float64]

FRAME_RATE = RATE / HOP
LONGEST_DELAY_S = 0.2


@dataclass(frozen=True)
class Cortex:
    """`electrodes` recorded at `rate` frames per second with `snr_db`; the seed places them."""

    electrodes: int = 48
    rate: float = 100.0
    snr_db: float = 0.0
    seed: int = 0

    def record(self, features: Features, *, trial: int) -> Array:
        """What the electrodes record while this speech is spoken, `time × electrode`.

        The mixture belongs to the cortex (`seed`), the noise to the trial.
        """
        draw = np.random.default_rng([self.seed, 0])
        drive = drives(features)
        weights = draw.standard_normal((drive.shape[1], self.electrodes))
        delays = draw.uniform(0.0, LONGEST_DELAY_S, self.electrodes)
        time_s = np.arange(int(features.frames / FRAME_RATE * self.rate)) / self.rate
        frame_s = np.arange(features.frames) / FRAME_RATE
        mixed = drive @ weights
        signal = np.stack(
            [
                np.interp(time_s - delay, frame_s, channel)
                for delay, channel in zip(delays, mixed.T, strict=True)
            ],
            axis=1,
        )
        noise = pink_noise(
            len(time_s), self.electrodes, np.random.default_rng([self.seed, 1, trial])
        )
        # Against the power that this cortex has on average, so that quiet speech stays quiet.
        noise *= np.sqrt(np.square(weights).sum(axis=0)) * 10.0 ** (-self.snr_db / 20.0)
        return Array((signal + noise).astype(np.float32), self.rate)


def drives(features: Features) -> Floats:
    """What moves an electrode, `frame × 19`: loudness, voicing, pitch, timbre; each about 0 ± 1."""
    parts = (
        (features.loudness_db + 40.0) / 20.0,
        2.0 * features.voiced - 1.0,
        12.0 * np.log2(features.f0_hz / 140.0) / 6.0 * features.voiced,
    )
    return np.column_stack([*parts, features.z / 15.0])


def pink_noise(frames: int, channels: int, draw: np.random.Generator) -> Floats:
    """Noise whose power falls with 1/f, of standard deviation 1, `frame × channel`."""
    spectrum = np.fft.rfft(draw.standard_normal((frames, channels)), axis=0)
    spectrum[1:] /= np.sqrt(np.arange(1, len(spectrum)))[:, None]
    spectrum[0] = 0.0
    noise: Floats = np.fft.irfft(spectrum, frames, axis=0)
    normalised: Floats = noise / np.maximum(noise.std(axis=0), 1e-12)
    return normalised
