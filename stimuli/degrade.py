"""The "very bad" versions of training pages: unmistakable, and aligned with the original."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .audio import Signal
from .lowpass import lowpass

CLIP_BELOW_RMS_DB = 6.0


def lowpass_1000(signal: Signal) -> Signal:
    """Keep what is below 1 kHz: linear phase, −60 dB from 1.1 kHz, delay removed."""
    return lowpass(signal, pass_hz=900.0, stop_hz=1100.0)


def clipped(signal: Signal) -> Signal:
    """Clip hard at 6 dB under the RMS level, sample by sample and so without delay."""
    rms = float(np.sqrt(np.mean(np.square(signal.samples, dtype=np.float64))))
    limit = np.float32(rms * 10.0 ** (-CLIP_BELOW_RMS_DB / 20.0))
    return Signal(np.clip(signal.samples, -limit, limit), signal.rate)


DEGRADATIONS: dict[str, Callable[[Signal], Signal]] = {
    "lowpass-1000": lowpass_1000,
    "clipped": clipped,
}
