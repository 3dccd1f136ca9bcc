"""A generated song as stems at the levels of its own mix."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..audio import Samples, Signal
from ..level import gain, integrated_loudness_lufs
from .band import accompany
from .plan import SongPlan, plan_song
from .voice import sing

RATE = 44_100
LENGTH_S = 12.0
BACKING_LUFS = -20.0


@dataclass(frozen=True, eq=False)
class Song:
    """`lead` and `backing`: two channels each, at the levels of the mix; they sum to it."""

    plan: SongPlan
    lead: Signal
    backing: Signal


def make_song(seed: int, *, rate: int = RATE, length_s: float = LENGTH_S) -> Song:
    """The song of a seed; the same to the last bit on one machine."""
    plan = plan_song(seed)
    frames = round(length_s * rate)
    voice = sing(plan, frames, rate)
    lead = Signal(np.stack([voice, voice]).astype(np.float32), rate)
    backing = Signal(accompany(plan, frames, rate).astype(np.float32), rate)
    backing = _at(backing, BACKING_LUFS)
    return Song(plan, _at(lead, BACKING_LUFS + plan.relative_loudness_lu), backing)


def stems(song: Song) -> dict[str, Samples]:
    """The stems by the names that datasets of the task mix use."""
    return {"lead": song.lead.samples, "backing": song.backing.samples}


def _at(signal: Signal, loudness_lufs: float) -> Signal:
    return gain(signal, loudness_lufs - integrated_loudness_lufs(signal))
