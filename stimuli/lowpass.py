"""A linear-phase low-pass without delay, for anchors and training versions."""

from __future__ import annotations

import numpy as np
import scipy.signal

from .audio import Signal
from .errors import StimulusError

ATTENUATION_DB = 60.0  # in the stop band; the ripple in the pass band is then 0.009 dB


def lowpass(signal: Signal, *, pass_hz: float, stop_hz: float) -> Signal:
    """Keep what is below `pass_hz`, remove what is above `stop_hz` (−60 dB); no delay.

    A symmetric impulse response (Kaiser window) applied around each sample, with zeros beyond the
    ends: output and input have the same length and their events the same times.

    Raises:
        StimulusError: the edges are not 0 < `pass_hz` < `stop_hz` < half the rate.
    """
    nyquist_hz = signal.rate / 2
    if not 0 < pass_hz < stop_hz < nyquist_hz:
        raise StimulusError(
            f"a low-pass from {pass_hz:g} to {stop_hz:g} Hz needs a rate above {2 * stop_hz:g} Hz, "
            f"not {signal.rate} Hz, and a first edge below the second"
        )
    taps, beta = scipy.signal.kaiserord(ATTENUATION_DB, (stop_hz - pass_hz) / nyquist_hz)
    middle_hz = (pass_hz + stop_hz) / 2
    impulse = scipy.signal.firwin(taps | 1, middle_hz, window=("kaiser", beta), fs=signal.rate)
    half = len(impulse) // 2
    padded = np.pad(signal.samples, ((0, 0), (half, half)))
    filtered = scipy.signal.oaconvolve(padded, impulse[None], mode="valid", axes=1)
    return Signal(filtered.astype(np.float32), signal.rate)
