"""Features frame by frame, their running means, and how far two of them are apart."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from .batch import Gap, Scores


@dataclass(frozen=True, eq=False)
class Track:
    """A feature of some clips over time.

    Attributes:
        values: clip × channel × frame, float64.
        counts: frames of each clip, int64; later ones mean nothing.
    """

    values: Tensor
    counts: Tensor


def running_means(track: Track, frames: int) -> tuple[Tensor, Tensor]:
    """Means over `frames` successive frames, from every frame on.

    Returns:
        clip × channel × position (at least one), and which positions exist (clip × position).
    """
    missing = max(0, frames - track.values.shape[-1])
    padded = torch.nn.functional.pad(track.values, (0, missing))
    means = padded.unfold(-1, frames, 1).mean(-1)
    positions = torch.arange(means.shape[-1], device=means.device)
    return means, positions <= (track.counts - frames)[:, None]


def distance(
    estimate: Track, reference: Track, frames: int, between: Callable[[Tensor, Tensor], Tensor]
) -> Tensor:
    """Mean of `between(estimate, reference)` over running means and channels; NaN without any."""
    mine, inside = running_means(estimate, frames)
    its, _ = running_means(reference, frames)
    per_position = between(mine, its).mean(1)
    return torch.where(inside, per_position, 0.0).sum(-1) / inside.sum(-1)


def mape_percent(estimate: Track, reference: Track, frames: int, what: str) -> Scores:
    """Mean absolute percentage error of running means, 100 |ŷ − y| / |y|.

    A reference that is not above 0 at every position has no percentage: `not_applicable`.
    """
    its, inside = running_means(reference, frames)
    is_percentage = (its > torch.finfo(torch.float32).tiny) | ~inside[:, None]
    gaps = (
        Gap(~inside.any(-1), "shorter than one running mean", "not_applicable"),
        Gap(
            ~is_percentage.all(-1).all(-1),
            f"the {what} of the reference reaches 0, of which there is no percentage",
            "not_applicable",
        ),
    )
    error = distance(estimate, reference, frames, lambda a, b: (a - b).abs() / b.abs())
    return Scores(100.0 * error, gaps)


def mean_of(scores: list[Scores]) -> Scores:
    """The mean of several scores; a pair without one of them has none."""
    values = torch.stack([one.values for one in scores]).mean(0)
    return Scores(values, tuple(gap for one in scores for gap in one.gaps))
