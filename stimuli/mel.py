"""Log-mel features of speech: what the demo dataset gives to models, and how to read it back.

The recipe of Tacotron 2 (Shen et al. 2018, arXiv:1712.05884, §2.2): magnitudes of a short-time
Fourier transform with 50 ms Hann windows every 12.5 ms, summed in 80 triangular bands, as natural
logarithms. It covers 0 to half the rate here, since LibriSpeech holds all of it.
"""

from __future__ import annotations

import functools

import numpy as np
import numpy.typing as npt
import scipy.signal

from .array import Array
from .audio import Samples, Signal
from .errors import DataError

MEL_RATE = 16_000
HOP = 200  # samples: 80 frames per second
WINDOW = 800
TRANSFORM = 1024
BANDS = 80
LOWEST_MAGNITUDE = 1e-5  # about −94 dB re a full-scale sine, whose magnitude is 0.5

Spectrum = npt.NDArray[np.complex64]
Magnitudes = npt.NDArray[np.float32]


def log_mel(signal: Signal) -> Array:
    """The natural logarithm of the magnitude in each band, `time × band`, 80 frames per second.

    Frame k is centred on sample 200 k, so that n samples have n / 200 + 1 frames.

    Raises:
        DataError: not mono, not at 16 kHz, or not a whole number of hops long.
    """
    if signal.channels != 1 or signal.rate != MEL_RATE or signal.frames % HOP:
        raise DataError(
            f"mel features need mono at {MEL_RATE} Hz and whole hops of {HOP} samples, "
            f"not {signal.channels} × {signal.frames} at {signal.rate} Hz"
        )
    bands = mel_filterbank() @ np.abs(spectrum(signal.samples[0]))
    values = np.log(np.maximum(bands, LOWEST_MAGNITUDE)).T
    return Array(np.ascontiguousarray(values, dtype=np.float32), MEL_RATE / HOP)


def spectrum(samples: Samples) -> Spectrum:
    """Short-time Fourier transform of one channel, `bin × frame`."""
    _, _, result = scipy.signal.stft(
        samples, MEL_RATE, nperseg=WINDOW, noverlap=WINDOW - HOP, nfft=TRANSFORM, padded=False
    )
    return result.astype(np.complex64)


def waveform(transform: Spectrum) -> Samples:
    """The channel whose transform is nearest to this one, in the least squares sense."""
    _, samples = scipy.signal.istft(
        transform, MEL_RATE, nperseg=WINDOW, noverlap=WINDOW - HOP, nfft=TRANSFORM
    )
    return samples.astype(np.float32)


@functools.cache
def mel_filterbank() -> Magnitudes:
    """The triangles of these features, of height 1, `band × bin`."""
    bank: Magnitudes = mel_triangles(BANDS, TRANSFORM // 2 + 1, MEL_RATE).astype(np.float32)
    bank.setflags(write=False)
    return bank


def mel_triangles(
    bands: int, bins: int, rate: int, *, low_hz: float = 0.0
) -> npt.NDArray[np.float64]:
    """Triangles of height 1, equally spaced in mel up to half the rate, `band × bin`."""
    edges = mel_edges_hz(bands, rate, low_hz=low_hz)
    low, centre, high = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    hz = np.linspace(0.0, rate / 2, bins)[None, :]
    rising, falling = (hz - low) / (centre - low), (high - hz) / (high - centre)
    triangles: npt.NDArray[np.float64] = np.maximum(0.0, np.minimum(rising, falling))
    return triangles


def mel_edges_hz(bands: int, rate: int, *, low_hz: float = 0.0) -> npt.NDArray[np.float64]:
    """Where the triangles begin, peak and end: equal steps in mel = 2595 log10(1 + f / 700)."""
    low, top = (2595.0 * np.log10(1.0 + hz / 700.0) for hz in (low_hz, rate / 2))
    edges: npt.NDArray[np.float64] = 700.0 * (
        10.0 ** (np.linspace(low, top, bands + 2) / 2595.0) - 1.0
    )
    return edges
