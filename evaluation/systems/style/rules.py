"""Style matching by rule: the example's long-term spectrum, then its peaks by compression."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import scipy.signal

from earwitness.evaluation.systems.mix.compressor import Compressor, compress
from earwitness.stimuli.audio import Samples, Signal
from earwitness.stimuli.level import gain, integrated_loudness_lufs

Floats = npt.NDArray[np.float64]

TRANSFORM = 16_384
SMOOTHING_POINTS, SMOOTHING_ORDER = 1_025, 2
MAX_GAIN_DB = 20.0
TAPS = 2_047  # odd: a linear phase filter whose delay is a whole number of samples
RATIO, ATTACK_MS, RELEASE_MS = 3.0, 1.0, 100.0
STEP_DB, DEEPEST_DB = 0.5, -80.0
TOLERANCE_LU = 0.25


def match_by_rule(clean: Samples, example: Samples, rate: int) -> Samples:
    """The clean recording with the example's average spectrum, crest and loudness.

    Raises:
        ModelError: pedalboard is not installed.
    """
    equalised = match_spectrum(clean, example, rate)
    return match_dynamics(equalised, example, rate)


def match_spectrum(clean: Samples, example: Samples, rate: int) -> Samples:
    """Filter with the smoothed difference of the long-term spectra, within ± 20 dB; no delay."""
    size = min(TRANSFORM, 1 << (min(clean.shape[1], example.shape[1]).bit_length() - 1))
    difference_db = _spectrum_db(example, rate, size) - _spectrum_db(clean, rate, size)
    points = min(SMOOTHING_POINTS, (len(difference_db) // 2) | 1)
    smooth_db = scipy.signal.savgol_filter(difference_db, points, SMOOTHING_ORDER)
    smooth_db = np.clip(smooth_db - smooth_db.mean(), -MAX_GAIN_DB, MAX_GAIN_DB)
    grid = np.linspace(0.0, 1.0, len(smooth_db))
    taps = scipy.signal.firwin2(TAPS, grid, 10.0 ** (smooth_db / 20.0))
    half = TAPS // 2
    padded = np.pad(clean, ((0, 0), (half, half)))
    filtered = scipy.signal.oaconvolve(padded, taps[None], mode="valid", axes=1)
    return np.asarray(filtered, dtype=np.float32)


def match_dynamics(samples: Samples, example: Samples, rate: int) -> Samples:
    """Lower a compressor's threshold until the peak-to-loudness ratio is the example's.

    The result has the example's loudness. What is flatter already is only levelled.
    """
    target = _peak_to_loudness_lu(example, rate)
    processed, threshold_db = samples, 0.0
    while _peak_to_loudness_lu(processed, rate) - target > TOLERANCE_LU:
        threshold_db -= STEP_DB if threshold_db > -40.0 else 4.0 * STEP_DB
        if threshold_db < DEEPEST_DB:
            break
        processed = compress(samples, rate, Compressor(threshold_db, RATIO, ATTACK_MS, RELEASE_MS))
    difference = _loudness_lufs(example, rate) - _loudness_lufs(processed, rate)
    return (
        gain(Signal(processed, rate), difference).samples if np.isfinite(difference) else processed
    )


def _spectrum_db(samples: Samples, rate: int, size: int) -> Floats:
    _, power = scipy.signal.welch(samples.mean(axis=0, dtype=np.float64), rate, nperseg=size)
    level: Floats = 10.0 * np.log10(np.maximum(power, power.max() * 1e-10 + 1e-20))
    return level


def _peak_to_loudness_lu(samples: Samples, rate: int) -> float:
    peak = float(np.abs(samples).max())
    loudness = _loudness_lufs(samples, rate)
    return 20.0 * np.log10(peak) - loudness if peak and np.isfinite(loudness) else 0.0


def _loudness_lufs(samples: Samples, rate: int) -> float:
    return integrated_loudness_lufs(Signal(samples, rate))
