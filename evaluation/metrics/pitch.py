"""Fundamental frequency of a padded batch by YIN (de Cheveigné, Kawahara, JASA 111(4), 2002).

Steps 1 to 5 of the paper: squared difference with the signal shifted by each lag, divided by its
running mean, the first minimum below a threshold, parabolic interpolation. Differences come from
products of FFTs, so that all frames of all clips are done at once.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

RATE_HZ = 16_000
HOP = 160  # 10 ms
WINDOW = 640  # 40 ms: two and a half periods of the lowest pitch
LOWEST_HZ, HIGHEST_HZ = 60.0, 600.0
SHORTEST_LAG, LONGEST_LAG = int(RATE_HZ / HIGHEST_HZ), int(RATE_HZ / LOWEST_HZ) + 1
# Share of the power that is not periodic below which a frame counts as voiced.
THRESHOLD = 0.2
# Frames this far under the clip's loudest one are not voiced: they hold its noise.
RANGE_DB = 40.0
_SPAN = WINDOW + LONGEST_LAG + 2
_TRANSFORM = 1024  # ≥ _SPAN: no lag wraps around
_BLOCK_FRAMES = 512


@dataclass(frozen=True, eq=False)
class Track:
    """Pitch of each frame, clip × frame: `hz` where `voiced`, 0 elsewhere."""

    hz: Tensor
    voiced: Tensor


def track(samples: Tensor, lengths: Tensor) -> Track:
    """Follow the pitch of each clip.

    Args:
        samples: clip × frame at 16 kHz, zero beyond each clip's length.
        lengths: of the clips.
    """
    padded = torch.nn.functional.pad(samples.float(), (0, max(0, _SPAN - samples.shape[-1])))
    frames = padded.unfold(-1, _SPAN, HOP)
    hz, power = [], []
    for block in torch.split(frames, _BLOCK_FRAMES // len(samples) + 1, 1):
        found = _pitch(block - block.mean(-1, keepdim=True))
        hz.append(found)
        power.append(block[..., :WINDOW].square().mean(-1))
    pitch, level = torch.cat(hz, 1), torch.cat(power, 1)
    index = torch.arange(pitch.shape[1], device=pitch.device)
    exists = index < frame_count(lengths)[:, None]
    level = level * exists
    loud = level > level.amax(-1, keepdim=True) * 10.0 ** (-RANGE_DB / 10.0)
    voiced = exists & loud & (pitch > 0.0)
    return Track(torch.where(voiced, pitch, 0.0), voiced)


def frame_count(lengths: Tensor) -> Tensor:
    """Frames of clips of these lengths (samples); each needs the longest lag beyond its window."""
    return ((lengths - _SPAN) // HOP + 1).clamp(min=0)


def _pitch(frames: Tensor) -> Tensor:
    """Hz of each frame (last axis), 0 where not periodic."""
    normalised = _normalised_difference(frames)
    inner = normalised[..., SHORTEST_LAG : LONGEST_LAG + 1]
    before, after = (
        normalised[..., SHORTEST_LAG - 1 : LONGEST_LAG],
        normalised[..., SHORTEST_LAG + 1 :],
    )
    is_dip = (inner < THRESHOLD) & (inner <= before) & (inner < after)
    first = is_dip.to(torch.uint8).argmax(-1, keepdim=True)  # of equal values the first
    low, mid, high = (side.gather(-1, first)[..., 0] for side in (before, inner, after))
    bend = (low - 2.0 * mid + high).clamp(min=1e-9)
    lag = first[..., 0] + SHORTEST_LAG + 0.5 * (low - high) / bend
    return torch.where(is_dip.any(-1), RATE_HZ / lag, 0.0)


def _normalised_difference(frames: Tensor) -> Tensor:
    """Equations 6 to 8: d′ of lags 0 … LONGEST_LAG + 1."""
    lags = LONGEST_LAG + 2
    spectrum = torch.fft.rfft(frames, _TRANSFORM)
    head = torch.fft.rfft(frames[..., :WINDOW], _TRANSFORM)
    products = torch.fft.irfft(spectrum * head.conj(), _TRANSFORM)[..., :lags]
    energy = torch.nn.functional.pad(frames.double().square().cumsum(-1), (1, 0))
    energy = (energy[..., WINDOW : WINDOW + lags] - energy[..., :lags]).to(frames.dtype)
    difference = (energy[..., :1] + energy - 2.0 * products).clamp(min=0.0)
    difference[..., 0] = 0.0
    mean = difference.cumsum(-1) / torch.arange(lags, device=frames.device).clamp(min=1)
    return torch.where(mean > 0.0, difference / mean.clamp(min=1e-30), 1.0)
