"""Precision, recall, density and coverage: do the sets fill the same region?

Precision and recall: Kynkäänniemi et al., NeurIPS 2019. Density and coverage: Naeem et al., ICML
2020. A set's region is the union of balls about its vectors, each as large as the distance to the
k-th nearest other vector of its set. Points on a ball's surface are inside.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

NEIGHBOURS = 5
MOST_VECTORS = 10_000
SEED = 20_250_104
_BLOCK_VALUES = 2**23


@dataclass(frozen=True)
class Overlap:
    """How two sets overlap.

    Attributes:
        precision: share of the estimates inside the references' region.
        recall: share of the references inside the estimates' region.
        density: mean number of reference balls about an estimate, over k.
        coverage: share of the reference balls with an estimate in them.
    """

    precision: float
    recall: float
    density: float
    coverage: float


def overlap(estimates: Tensor, references: Tensor, neighbours: int = NEIGHBOURS) -> Overlap:
    """Compare two sets of more than `neighbours` vectors each, vector × dimension.

    Sets of more than 10,000 vectors are represented by 10,000, drawn by a fixed seed.
    """
    ours, theirs = _thinned(estimates), _thinned(references)
    our_radii, their_radii = _radii(ours, neighbours), _radii(theirs, neighbours)
    inside_ours = torch.zeros(len(theirs), dtype=torch.bool, device=ours.device)
    covered = torch.zeros_like(inside_ours)
    inside_theirs, balls = 0, 0
    for rows, radii in zip(*_blocks(ours, our_radii, len(theirs)), strict=True):
        distances = _distances(rows, theirs)
        within = distances <= their_radii
        inside_theirs += int(within.any(1).sum())
        balls += int(within.sum())
        covered |= within.any(0)
        inside_ours |= (distances <= radii[:, None]).any(0)
    return Overlap(
        precision=inside_theirs / len(ours),
        recall=float(inside_ours.double().mean()),
        density=balls / (neighbours * len(ours)),
        coverage=float(covered.double().mean()),
    )


def _radii(values: Tensor, neighbours: int) -> Tensor:
    """Distance of each vector to its k-th nearest other one."""
    found = [
        _distances(rows, values).kthvalue(neighbours + 1).values  # the first is itself
        for rows in torch.split(values, max(1, _BLOCK_VALUES // len(values)))
    ]
    return torch.cat(found)


def _blocks(values: Tensor, radii: Tensor, others: int) -> tuple[list[Tensor], list[Tensor]]:
    step = max(1, _BLOCK_VALUES // others)
    return list(torch.split(values, step)), list(torch.split(radii, step))


def _distances(rows: Tensor, values: Tensor) -> Tensor:
    # Not by a product of matrices: equal vectors must be exactly 0 apart.
    return torch.cdist(rows, values, compute_mode="donot_use_mm_for_euclid_dist")


def _thinned(values: Tensor) -> Tensor:
    if len(values) <= MOST_VECTORS:
        return values.double()
    chosen = torch.randperm(len(values), generator=torch.Generator().manual_seed(SEED))
    return values[chosen[:MOST_VECTORS].to(values.device)].double()
