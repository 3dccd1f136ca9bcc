"""Style pairs: a passage clean and with an effect, and another passage with the same effect.

A system hears the clean passage and the other one, and should make the first sound as if it had
been treated the same way.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..audio import Samples, Signal
from ..errors import StimulusError
from .gates import LEAST_SIMILARITY, is_silent, mfcc_similarity
from .render import apply_effect
from .table import Effect

MOST_DRAWS = 100
FADE_S = 0.05


@dataclass(frozen=True, eq=False)
class StylePair:
    """`input` clean, `style` another passage with the effect, `reference` the input with it."""

    effect: str
    settings: dict[str, float]
    input: Signal
    style: Signal
    reference: Signal


def make_pair(recording: Signal, effect: Effect, *, length_s: float, seed: int) -> StylePair:
    """Draw two passages and settings until the pair is fit: neither passage silent, and the cepstra
    of clean and treated at least 0.75 alike. The passages do not overlap.

    Raises:
        StimulusError: no draw out of 100 was fit, or the recording is too short for two passages.
    """
    draw = np.random.default_rng(seed)
    rate = recording.rate
    for _ in range(MOST_DRAWS):
        passages = _two_passages(recording, length_s, draw)
        settings = {p.name: float(draw.uniform()) for p in effect.parameters}
        if any(is_silent(passage) for passage in passages):
            continue
        treated = [_at_peak(apply_effect(part, rate, effect, settings)) for part in passages]
        if mfcc_similarity(passages[0], treated[0], rate) >= LEAST_SIMILARITY:
            signals = (Signal(part, rate) for part in (passages[0], treated[1], treated[0]))
            return StylePair(effect.name, settings, *signals)
    raise StimulusError(f"effect {effect.name}: none of {MOST_DRAWS} draws was fit for a pair")


def _two_passages(
    recording: Signal, length_s: float, draw: np.random.Generator
) -> tuple[Samples, Samples]:
    """The clean passage and the example's, in either order of time."""
    frames = round(length_s * recording.rate)
    spare = recording.frames - 2 * frames
    if spare < 0:
        raise StimulusError(
            f"a recording of {recording.frames / recording.rate:.1f} s is too short for two "
            f"passages of {length_s:g} s"
        )
    gap_before, gap_after = sorted(int(n) for n in draw.integers(spare + 1, size=2))
    starts = [gap_before, frames + gap_after]
    first, second = (
        _faded(recording.samples[:, start : start + frames], recording.rate)
        for start in (starts if draw.uniform() < 0.5 else starts[::-1])
    )
    return first, second


def _faded(samples: Samples, rate: int) -> Samples:
    part = samples.copy()
    fade = round(FADE_S * rate)
    ramp = np.linspace(0.0, 1.0, fade, dtype=np.float32)
    part[:, :fade] *= ramp
    part[:, -fade:] *= ramp[::-1]
    return _at_peak(part)


def _at_peak(samples: Samples) -> Samples:
    """Peak at −6 dBFS: no effect is told by its level alone."""
    peak = float(np.abs(samples).max())
    return samples * np.float32(0.5 / peak) if peak else samples
