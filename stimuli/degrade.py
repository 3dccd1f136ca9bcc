"""What `prepare` does to renderings: training's bad versions, MUSHRA's anchors, speech in noise.

All of it keeps the length and the times of what happens in the signal.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .audio import Signal
from .lowpass import lowpass

CLIP_BELOW_RMS_DB = 6.0
NOISE_SEED = 2015
_NOISE = "speech-noise:"


def lowpass_1000(signal: Signal) -> Signal:
    """Keep what is below 1 kHz: linear phase, −60 dB from 1.1 kHz, delay removed."""
    return lowpass(signal, pass_hz=900.0, stop_hz=1100.0)


def clipped(signal: Signal) -> Signal:
    """Clip hard at 6 dB under the RMS level, sample by sample and so without delay."""
    rms = float(np.sqrt(np.mean(np.square(signal.samples, dtype=np.float64))))
    limit = np.float32(rms * 10.0 ** (-CLIP_BELOW_RMS_DB / 20.0))
    return Signal(np.clip(signal.samples, -limit, limit), signal.rate)


def lowpass_3500(signal: Signal) -> Signal:
    """BS.1534-3 §5.1, low anchor: ± 0.1 dB to 3.5 kHz, −25 dB at 4 kHz, −50 dB at 4.5 kHz."""
    return lowpass(signal, pass_hz=3500.0, stop_hz=4000.0)


def lowpass_7000(signal: Signal) -> Signal:
    """BS.1534-3 §5.1, mid anchor: the same with a pass band to 7 kHz."""
    return lowpass(signal, pass_hz=7000.0, stop_hz=7500.0)


def in_speech_noise(signal: Signal, snr_db: float) -> Signal:
    """Add stationary noise with the signal's own long-term spectrum, the same for a length.

    `snr_db` is the ratio of the powers over the whole signal. The phases of the spectrum are drawn
    anew, which leaves no envelope of the speech in the noise.
    """
    spectrum = np.fft.rfft(signal.samples.astype(np.float64), axis=1)
    turns = np.random.default_rng(NOISE_SEED).random(spectrum.shape[1])
    noise = np.fft.irfft(
        np.abs(spectrum) * np.exp(2j * np.pi * turns), n=signal.samples.shape[1], axis=1
    )
    powers = np.mean(np.square(signal.samples, dtype=np.float64)), np.mean(noise**2)
    if not all(powers):
        return signal
    factor = np.sqrt(powers[0] / powers[1]) * 10.0 ** (-snr_db / 20.0)
    return Signal((signal.samples + factor * noise).astype(np.float32), signal.rate)


def speech_noise_name(snr_db: float) -> str:
    """The name of `in_speech_noise` at a ratio, for `degradation`."""
    return f"{_NOISE}{snr_db:g}"


def degradation(name: str) -> Callable[[Signal], Signal]:
    """What a name stands for; an empty one for nothing.

    Raises:
        KeyError: there is no such degradation.
    """
    if name.startswith(_NOISE):
        snr_db = float(name.removeprefix(_NOISE))
        return lambda signal: in_speech_noise(signal, snr_db)
    return DEGRADATIONS[name] if name else lambda signal: signal


DEGRADATIONS: dict[str, Callable[[Signal], Signal]] = {
    "lowpass-1000": lowpass_1000,
    "clipped": clipped,
    "lowpass-3500": lowpass_3500,
    "lowpass-7000": lowpass_7000,
}
