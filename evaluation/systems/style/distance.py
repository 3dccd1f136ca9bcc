"""How far two recordings with different content are apart in style: statistics, not samples."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import scipy.signal

from earwitness.stimuli.audio import Samples
from earwitness.stimuli.mel import mel_triangles

Floats = npt.NDArray[np.float64]

BANDS = 48
WINDOW_S, HOP_S = 0.046, 0.023
FLOOR_DB = 60.0


class StyleDistance:
    """Distance of renderings to one example: mean and spread of each log-mel band, and of how
    fast it falls, in dB. Level alone does not count: both are brought to one power first."""

    def __init__(self, example: Samples, rate: int) -> None:
        self.rate = rate
        self.target = style_statistics(example, rate)

    def __call__(self, rendering: Samples) -> float:
        return float(np.abs(style_statistics(rendering, self.rate) - self.target).mean())


def style_statistics(samples: Samples, rate: int) -> Floats:
    """Mean, standard deviation and mean absolute change from frame to frame of each band in dB."""
    window, hop = round(WINDOW_S * rate), round(HOP_S * rate)
    mono = samples.mean(axis=0, dtype=np.float64)
    mono = mono / max(float(np.sqrt(np.mean(np.square(mono)))), 1e-9)
    _, _, spectrum = scipy.signal.stft(mono, rate, nperseg=window, noverlap=window - hop)
    power = mel_triangles(BANDS, len(spectrum), rate) @ np.square(np.abs(spectrum))
    floor = max(float(power.max()) * 10.0 ** (-FLOOR_DB / 10.0), 1e-12)
    level_db = 10.0 * np.log10(power + floor)
    change_db = np.abs(np.diff(level_db, axis=1)).mean(axis=1)
    return np.concatenate([level_db.mean(axis=1), level_db.std(axis=1), change_db])
