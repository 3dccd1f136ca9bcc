"""The "very bad" versions of training pages: unmistakable, and aligned with the original."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import scipy.signal

from .audio import Signal

CUTOFF_HZ = 1000.0
TRANSITION_HZ = 200.0
STOPBAND_DB = 60.0
CLIP_BELOW_RMS_DB = 6.0


def lowpass_1000(signal: Signal) -> Signal:
    """Keep what is below 1 kHz: linear phase, −60 dB from 1.1 kHz, delay removed."""
    taps, beta = scipy.signal.kaiserord(STOPBAND_DB, TRANSITION_HZ / (signal.rate / 2))
    impulse = scipy.signal.firwin(taps | 1, CUTOFF_HZ, window=("kaiser", beta), fs=signal.rate)
    padded = np.pad(signal.samples, ((0, 0), (len(impulse) // 2, len(impulse) // 2)))
    filtered = scipy.signal.oaconvolve(padded, impulse[None], mode="valid", axes=1)
    return Signal(filtered.astype(np.float32), signal.rate)


def clipped(signal: Signal) -> Signal:
    """Clip hard at 6 dB under the RMS level, sample by sample and so without delay."""
    rms = float(np.sqrt(np.mean(np.square(signal.samples, dtype=np.float64))))
    limit = np.float32(rms * 10.0 ** (-CLIP_BELOW_RMS_DB / 20.0))
    return Signal(np.clip(signal.samples, -limit, limit), signal.rate)


DEGRADATIONS: dict[str, Callable[[Signal], Signal]] = {
    "lowpass-1000": lowpass_1000,
    "clipped": clipped,
}
