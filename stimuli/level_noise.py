"""The noise by which a listener sets the volume before anything else is heard."""

from __future__ import annotations

import numpy as np

from .audio import Signal
from .level import gain
from .levelling import page_gains
from .study import Presentation

DURATION_S = 5.0
LOWEST_HZ, HIGHEST_HZ = 100.0, 8000.0
SEED = 1534


def level_noise(presentation: Presentation, *, rate: int, channels: int) -> Signal:
    """Pink noise from 100 Hz to 8 kHz at the study's loudness, the same in all channels.

    Made as a sum of whole periods of `DURATION_S`, so that it loops without a seam.
    """
    frames = round(DURATION_S * rate)
    frequency_hz = np.fft.rfftfreq(frames, 1 / rate)
    in_band = (frequency_hz >= LOWEST_HZ) & (frequency_hz <= min(HIGHEST_HZ, 0.45 * rate))
    amplitude = np.where(in_band, 1 / np.sqrt(np.maximum(frequency_hz, LOWEST_HZ)), 0.0)
    phase = np.random.default_rng(SEED).uniform(0, 2 * np.pi, len(frequency_hz))
    noise = np.fft.irfft(amplitude * np.exp(1j * phase), frames)
    samples = np.tile(0.1 * noise / noise.std(), (channels, 1)).astype(np.float32)
    signal = Signal(samples, rate)
    return gain(signal, page_gains([signal], presentation).gains_db[0])
