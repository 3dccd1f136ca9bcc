"""Which pairs are fit for style matching: not silent, and still the same sound after the effect."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import scipy.fft
import scipy.signal

from ..audio import Samples
from ..mel import mel_triangles

Floats = npt.NDArray[np.float64]

SILENT_MEAN_SQUARE = 1e-5  # −50 dBFS
LEAST_SIMILARITY = 0.75
COEFFICIENTS, BANDS = 30, 60
WINDOW_S, HOP_S = 0.032, 0.016


def is_silent(samples: Samples) -> bool:
    """Whether the mean square is under 1e-5 (−50 dBFS)."""
    return (
        not samples.size
        or float(np.mean(np.square(samples, dtype=np.float64))) < SILENT_MEAN_SQUARE
    )


def mfcc_similarity(first: Samples, second: Samples, rate: int) -> float:
    """Cosine between the mean mel cepstra of two signals (30 coefficients of 60 bands), −1 to 1."""
    left, right = (mean_cepstrum(part, rate) for part in (first, second))
    return float(left @ right / (np.linalg.norm(left) * np.linalg.norm(right)))


def mean_cepstrum(samples: Samples, rate: int) -> Floats:
    """Mel-frequency cepstral coefficients of the mono sum, mean over time."""
    window, hop = round(WINDOW_S * rate), round(HOP_S * rate)
    _, _, spectrum = scipy.signal.stft(
        samples.mean(axis=0, dtype=np.float64), rate, nperseg=window, noverlap=window - hop
    )
    bands = mel_triangles(BANDS, len(spectrum), rate) @ np.square(np.abs(spectrum))
    cepstra = scipy.fft.dct(np.log(np.maximum(bands, 1e-10)), axis=0, norm="ortho")
    mean: Floats = cepstra[:COEFFICIENTS].mean(axis=1)
    return mean
