"""16-bit PCM for browsers: dithered samples, and a WAV file that holds nothing but them."""

from __future__ import annotations

import hashlib
import io
import wave

import numpy as np
import numpy.typing as npt

from .audio import Signal

Pcm = npt.NDArray[np.int16]
FULL_SCALE = 32768.0


def quantise(signal: Signal, *, seed: str) -> Pcm:
    """Samples as `channel × frame` int16 with triangular dither of ±1 step, the same for a seed.

    Raises:
        OverflowError: a sample lies over full scale (callers level first; nothing is clipped).
    """
    rng = np.random.default_rng(int.from_bytes(hashlib.sha256(seed.encode()).digest()[:8]))
    dither = rng.random(signal.samples.shape) - rng.random(signal.samples.shape)
    steps = np.rint(signal.samples * FULL_SCALE + dither)
    if steps.size and (steps.max() > FULL_SCALE - 1 or steps.min() < -FULL_SCALE):
        raise OverflowError("a sample lies over full scale")
    return steps.astype(np.int16)


def as_signal(pcm: Pcm, rate: int) -> Signal:
    """What a player makes of it."""
    return Signal((pcm / FULL_SCALE).astype(np.float32), rate)


def wav_bytes(pcm: Pcm, rate: int) -> bytes:
    """A whole WAV file: 44 bytes of header, then the samples; no other chunk."""
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(pcm.shape[0])
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(pcm.T.astype("<i2").tobytes())
    return buffer.getvalue()
