"""How loud a signal is: ITU-R BS.1770-5 loudness and true peak.

Conventions: loudness in LUFS, −inf where nothing is loud enough or long enough to measure; channels
are L, R, C, Ls, Rs in this order (a single one counts as one front channel). Below 32 kHz the
K-weighting filters of Annex 1, re-derived for the rate, are up to 0.13 dB off, so that such signals
are brought to 48 kHz before they are measured.
"""

from __future__ import annotations

import functools
import math

import numpy as np
import numpy.typing as npt
import scipy.signal
from pyloudnorm import IIRfilter

from .audio import Signal
from .errors import DataError

Floats = npt.NDArray[np.float64]

CHANNEL_WEIGHTS = (1.0, 1.0, 1.0, 1.41, 1.41)  # BS.1770-5 Annex 1, table 3
BLOCK_S = 0.4
GATING_HOP_S = 0.1
MOMENTARY_HOP_S = 0.01  # EBU Tech 3341 cases 13 and 14 are missed with a hop of 100 ms
ABSOLUTE_GATE_LUFS = -70.0
RELATIVE_GATE_LU = -10.0
OFFSET_LUFS = -0.691
TRUE_PEAK_OVERSAMPLING = 4  # BS.1770-5 Annex 2
LOWEST_FILTER_RATE = 32_000
RANGE_WINDOW_S = 3.0  # EBU Tech 3342 §3.1
RANGE_GATE_LU = -20.0
RANGE_PERCENTILES = (10.0, 95.0)


def integrated_loudness_lufs(signal: Signal) -> float:
    """Gated loudness of a whole signal (BS.1770-5 Annex 1).

    Only full blocks of 400 ms count. Silence and signals under 400 ms are −inf, never NaN.

    Raises:
        DataError: more than five channels, or samples that are not finite.
    """
    powers = _block_powers(signal, GATING_HOP_S)
    loud = powers[powers >= _power(ABSOLUTE_GATE_LUFS)]
    if not loud.size:
        return -math.inf
    relative_gate = loud.mean() * 10.0 ** (RELATIVE_GATE_LU / 10.0)
    return _lufs(float(loud[loud > relative_gate].mean()))


def max_momentary_loudness_lufs(signal: Signal) -> float:
    """Loudest 400 ms, ungated, looked for every 10 ms (EBU Tech 3341 §2.2); −inf if shorter.

    Raises:
        DataError: as `integrated_loudness_lufs`.
    """
    powers = _block_powers(signal, MOMENTARY_HOP_S)
    return _lufs(float(powers.max())) if powers.size else -math.inf


def loudness_range_lu(signal: Signal, window_s: float = RANGE_WINDOW_S) -> float:
    """Loudness range of EBU Tech 3342: 10th to 95th percentile of short-term loudness, gated.

    `window_s` is 3 s in the standard; shorter windows give the (larger) ranges that some mixing
    rules are stated in. Signals shorter than a window, and silence, have a range of 0.

    Raises:
        DataError: as `integrated_loudness_lufs`.
    """
    powers = _block_powers(signal, GATING_HOP_S, window_s)
    loud = powers[powers >= _power(ABSOLUTE_GATE_LUFS)]
    if not loud.size:
        return 0.0
    kept = loud[loud >= loud.mean() * 10.0 ** (RANGE_GATE_LU / 10.0)]
    low, high = np.percentile([_lufs(float(power)) for power in kept], RANGE_PERCENTILES)
    return float(high - low)


def true_peak_dbtp(signal: Signal) -> float:
    """Highest absolute value between and at the samples, dB re full scale (BS.1770-5 Annex 2).

    Four times oversampled with a Kaiser-windowed sinc; values over full scale are not clamped.

    Raises:
        DataError: samples that are not finite.
    """
    samples = _finite(signal)
    if not samples.size:
        return -math.inf
    between = scipy.signal.resample_poly(samples, TRUE_PEAK_OVERSAMPLING, 1, axis=1)
    peak = max(float(np.abs(between).max()), float(np.abs(samples).max()))
    return 20.0 * math.log10(peak) if peak > 0.0 else -math.inf


def gain(signal: Signal, db: float) -> Signal:
    """The signal `db` louder; not clipped."""
    return Signal(signal.samples * np.float32(10.0 ** (db / 20.0)), signal.rate)


def _block_powers(signal: Signal, hop_s: float, block_s: float = BLOCK_S) -> Floats:
    """Channel-weighted, K-weighted mean square of every full block, in time order."""
    if signal.channels > len(CHANNEL_WEIGHTS):
        raise DataError(f"loudness is defined for 1 to 5 channels, not {signal.channels}")
    weighted, rate = _k_weighted(signal)
    weights = np.array(CHANNEL_WEIGHTS[: signal.channels])
    energy = np.concatenate([[0.0], np.cumsum(weights @ np.square(weighted))])
    block = round(block_s * rate)
    starts = np.rint(np.arange(0, weighted.shape[1], hop_s * rate)).astype(np.int64)
    starts = starts[starts + block < len(energy)]  # full blocks only
    # The difference of two sums may round below zero where the signal is silent.
    powers: Floats = np.maximum(energy[starts + block] - energy[starts], 0.0) / block
    return powers


def _k_weighted(signal: Signal) -> tuple[Floats, int]:
    """Samples after both filters of Annex 1, and their rate."""
    samples, rate = _finite(signal), signal.rate
    if rate < LOWEST_FILTER_RATE and samples.size:
        common = math.gcd(48_000, rate)
        samples = scipy.signal.resample_poly(samples, 48_000 // common, rate // common, axis=1)
        rate = 48_000
    for numerator, denominator in _filters(rate):
        samples = scipy.signal.lfilter(numerator, denominator, samples, axis=1)
    return samples, rate


@functools.lru_cache(maxsize=8)
def _filters(rate: int) -> tuple[tuple[Floats, Floats], ...]:
    """Shelf and high-pass; pyloudnorm's "DeMan" designs equal the standard's at 48 kHz."""
    shelf = IIRfilter(
        3.99984385397, 0.7071752369554193, 1681.9744509555319, rate, "high_shelf_DeMan"
    )
    high_pass = IIRfilter(0.0, 0.5003270373253953, 38.13547087613982, rate, "high_pass_DeMan")
    return (shelf.b, shelf.a), (high_pass.b, high_pass.a)


def _finite(signal: Signal) -> Floats:
    if not np.isfinite(signal.samples).all():
        raise DataError("the level of a signal with NaN or infinite samples cannot be measured")
    samples: Floats = signal.samples.astype(np.float64)
    return samples


def _lufs(power: float) -> float:
    return OFFSET_LUFS + 10.0 * math.log10(power) if power > 0.0 else -math.inf


def _power(lufs: float) -> float:
    return float(10.0 ** ((lufs - OFFSET_LUFS) / 10.0))
