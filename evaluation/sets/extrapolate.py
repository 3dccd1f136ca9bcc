"""FAD∞: what the Fréchet distance would be with ever more items.

The distance of finite sets is too large by about b / n (Chong, Forsyth, CVPR 2020). Distances of
smaller sets, drawn **without** replacement, show b; the intercept of their line over 1 / n is the
estimate. Drawing with replacement would repeat vectors and extrapolate back to the biased value.
"""

from __future__ import annotations

import torch
from torch import Tensor

from .blocks import SEED, Sums, all_but_one, frechet_of_unions

FEWEST_BLOCKS = 10
SIZES = 8
DRAWS = 8


def designs(blocks: int, device: torch.device) -> Tensor:
    """Weights (draw × block) of unions of half to all of the blocks, by a fixed seed."""
    generator = torch.Generator().manual_seed(SEED)
    smallest = (blocks + 1) // 2
    rows = [torch.ones(blocks)]
    # Sizes that lie evenly in 1 / n, where the line is fitted.
    inverse = torch.linspace(1.0 / smallest, 1.0 / (blocks - 1), SIZES)
    for size in sorted({round(1.0 / float(one)) for one in inverse}):
        for _ in range(DRAWS):
            row = torch.zeros(blocks)
            row[torch.randperm(blocks, generator=generator)[:size]] = 1.0
            rows.append(row)
    return torch.stack(rows).double().to(device)


def frechet_infinity(ours: Sums, theirs: Sums) -> float:
    """The intercept for two sets of at least 10 blocks."""
    weights = designs(len(ours.counts), ours.sums.device)
    return float(_intercepts(ours, theirs, weights[None])[0])


def infinity_replicates(ours: Sums, theirs: Sums) -> list[float]:
    """The intercepts without one block each."""
    blocks, device = len(ours.counts), ours.sums.device
    smaller = designs(blocks - 1, device)
    kept = all_but_one(blocks, device).bool()
    weights = torch.zeros(blocks, len(smaller), blocks, dtype=torch.float64, device=device)
    for block in range(blocks):
        weights[block][:, kept[block]] = smaller
    found: list[float] = _intercepts(ours, theirs, weights).tolist()
    return found


def _intercepts(ours: Sums, theirs: Sums, weights: Tensor) -> Tensor:
    """Intercept of each family of unions (family × union × block)."""
    families, unions, blocks = weights.shape
    distances = frechet_of_unions(ours, theirs, weights.reshape(-1, blocks))
    inverse = 1.0 / (weights @ ours.counts)
    over = inverse - inverse.mean(-1, keepdim=True)
    values = distances.reshape(families, unions)
    slope = (over * values).sum(-1) / over.square().sum(-1)
    return values.mean(-1) - slope * inverse.mean(-1)
