"""Songs as the level network learns from them: blocks of both stems and the target of each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch

from earwitness.stimuli.audio import Samples, Signal
from earwitness.stimuli.level import gain, integrated_loudness_lufs
from earwitness.stimuli.songs.song import Song

from .level import relative_loudness_lu
from .mel_blocks import BLOCK_FRAMES, HOP, mel_blocks

Target = Literal["song", "snippet"]
HARNESS_LUFS = -23.0  # `evaluate` hands every stem to a system at this level
OUTLIERS_LU = (-10.0, 6.0)


@dataclass(frozen=True, eq=False)
class SongBlocks:
    """One song: `power` is `block × 2 × frame × band`, `target_lu` one value a block; blocks whose
    snippet has no loudness are left out. `song_lu` is the target of the whole song."""

    power: torch.Tensor
    target_lu: torch.Tensor
    song_lu: float


def song_blocks(song: Song, target: Target, *, frames: int = BLOCK_FRAMES) -> SongBlocks:
    """The blocks of a song at the levels at which a system gets the stems.

    `target` is the relative loudness of the whole song for each block, or of its own snippet.
    """
    rate = song.lead.rate
    at_harness = [
        gain(stem, HARNESS_LUFS - integrated_loudness_lufs(stem)).samples
        for stem in (song.lead, song.backing)
    ]
    power = mel_blocks(*at_harness, frames=frames)
    whole = relative_loudness_lu(song.lead.samples, song.backing.samples, rate)
    if target == "song":
        return SongBlocks(power, torch.full((len(power),), whole), whole)
    size = frames * HOP
    values = torch.tensor(
        [
            _snippet_lu(
                song.lead.samples, song.backing.samples, rate, slice(n * size, (n + 1) * size)
            )
            for n in range(len(power))
        ]
    )
    sounding = values.isfinite()
    return SongBlocks(power[sounding], values[sounding], whole)


def without_outliers(songs: Iterable[SongBlocks]) -> list[SongBlocks]:
    """Blocks whose target is between −10 and 6 LU; for training songs only, never for a test."""
    low, high = OUTLIERS_LU
    kept = []
    for song in songs:
        inside = (song.target_lu > low) & (song.target_lu < high)
        if inside.any():
            kept.append(SongBlocks(song.power[inside], song.target_lu[inside], song.song_lu))
    return kept


def _snippet_lu(lead: Samples, backing: Samples, rate: int, where: slice) -> float:
    parts = [
        integrated_loudness_lufs(Signal(np.ascontiguousarray(stem[:, where]), rate))
        for stem in (lead, backing)
    ]
    return parts[0] - parts[1] if all(np.isfinite(parts)) else float("nan")
