"""How differently loudness is distributed over a clip."""

from __future__ import annotations

import torch
from torch import Tensor

from .batch import Scores, View, hops, loudness_lufs
from .facts import Facts
from .loudness import CHANNEL_WEIGHTS, Hops, power_to_lufs
from .meter import RANGE_GATE_LU, SHORT_TERM_STEPS, block_powers, gated, loudness_range_lu
from .readings import reading
from .registry import register


@register(
    Facts(
        id="loudness_distribution_distance_lu",
        title="Distance of loudness distributions",
        unit="LU",
        low=0.0,
        high=None,
        direction="lower",
        level="as_is",
        channels="all",
        citation="EBU Tech 3342 (2016) for blocks and gates; Wasserstein distance of order 1",
        version="1",
        description=(
            "Wasserstein-1 distance between the distributions of short-term loudness (3 s blocks "
            "every 100 ms, gates at −70 LUFS and −20 LU), each relative to its clip's integrated "
            "loudness: how far, on average, loudness must move to give the other distribution. "
            "Where LRA compares two percentiles, this compares all. When something is loud does "
            "not matter, nor does a gain. Needs 3 s."
        ),
    )
)
def loudness_distribution_distance_lu(view: View) -> Scores:
    """∫ |F(estimate) − F(reference)| over level, LU."""
    gaps = reading(view, loudness_range_lu, SHORT_TERM_STEPS).gaps
    if view.reference.shape[1] not in CHANNEL_WEIGHTS:
        return Scores(torch.full(view.lengths.shape, torch.nan), gaps)
    sides = [
        _levels(side, integrated)
        for side, integrated in zip(hops(view), loudness_lufs(view), strict=True)
    ]
    (estimate, here), (reference, there) = sides
    return Scores(
        wasserstein(torch.cat([estimate, reference], -1), torch.cat([here, -there], -1)), gaps
    )


def wasserstein(values: Tensor, weights: Tensor) -> Tensor:
    """Order-1 distance per row between the points of positive and those of negative weight."""
    order = values.argsort(-1)
    points, signed = values.gather(-1, order), weights.gather(-1, order)
    return (signed.cumsum(-1)[..., :-1].abs() * points.diff(dim=-1)).sum(-1)


def _levels(side: Hops, integrated_lufs: Tensor) -> tuple[Tensor, Tensor]:
    """Short-term loudness re integrated loudness, LU, and the weight of each block."""
    blocks, whole = block_powers(side, SHORT_TERM_STEPS, side.per_100_ms)
    loud = gated(blocks, whole, RANGE_GATE_LU)
    levels = torch.where(loud, power_to_lufs(blocks) - integrated_lufs[:, None], 0.0)
    return levels, loud / loud.sum(-1, keepdim=True)
