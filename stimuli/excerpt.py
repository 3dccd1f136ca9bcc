"""Cut the part of a rendering that is listened to, without DC and with fades."""

from __future__ import annotations

import math

import numpy as np

from .audio import Samples, Signal


def cut_excerpt(signal: Signal, *, excerpt_s: float | None, fade_ms: float) -> Signal:
    """The first `excerpt_s` (all of it for None or a shorter signal), DC removed, faded.

    Args:
        signal: a whole rendering.
        excerpt_s: how much to keep, s; always counted from the start, so that versions stay
            aligned.
        fade_ms: length of the raised-cosine fade at each end, ms.
    """
    frames = signal.frames if excerpt_s is None else round(excerpt_s * signal.rate)
    kept = signal.samples[:, :frames]
    centred = kept - kept.mean(axis=1, keepdims=True, dtype=np.float64).astype(np.float32)
    envelope = _envelope(centred.shape[1], round(fade_ms / 1000 * signal.rate))
    return Signal(centred * envelope, signal.rate)


def dc_dbfs(signal: Signal) -> float:
    """Highest mean of a channel in dB re full scale; −inf without any."""
    mean = float(np.abs(signal.samples.mean(axis=1, dtype=np.float64)).max())
    return 20.0 * math.log10(mean) if mean > 0.0 else -math.inf


def _envelope(frames: int, fade: int) -> Samples:
    fade = min(fade, frames // 2)
    ramp = 0.5 - 0.5 * np.cos(np.pi * np.arange(fade) / max(fade, 1))
    return np.concatenate([ramp, np.ones(frames - 2 * fade), ramp[::-1]]).astype(np.float32)
