"""Kernel distance: the squared maximum mean discrepancy of two sets of paired items, unbiased.

Gretton et al., JMLR 13, 2012, equation 4; as an audio distance Chung et al., KAD, 2025. Gaussian
kernel exp(−|x − y|² / 2σ²) with σ the median distance between the references.

Estimate and reference of one item belong together, and so do the windows of one item. Products of
an item with itself are therefore left out of all three terms: the value is unbiased when items are
drawn independently, whatever ties a rendering to its own reference, and 0 for equal sets.
"""

from __future__ import annotations

import torch
from torch import Tensor

SCALE = 100.0  # KAD is given times 100
MEDIAN_POINTS = 2048
SEED = 20_250_103
_BLOCK_VALUES = 2**24


def bandwidth(references: Tensor) -> float:
    """Median distance between vectors (of 2,048 of them, by a fixed seed); 0 if all are equal."""
    values = references.double()
    if len(values) > MEDIAN_POINTS:
        generator = torch.Generator().manual_seed(SEED)
        chosen = torch.randperm(len(values), generator=generator)[:MEDIAN_POINTS]
        values = values[chosen.to(values.device)]
    return float(torch.pdist(values).median())


def block_sums(first: Tensor, second: Tensor, units: tuple[Tensor, Tensor], sigma: float) -> Tensor:
    """Sums of the kernel between the units of two sets, unit × unit, float64.

    Args:
        first: vector × dimension.
        second: the same of the other set.
        units: number of the unit of each vector of both sets.
        sigma: of the kernel.
    """
    count = int(max(side.max() for side in units)) + 1
    of_first, of_second = (torch.nn.functional.one_hot(side, count).double() for side in units)
    sums = torch.zeros(count, count, dtype=torch.float64, device=first.device)
    values = second.double()
    step = max(1, _BLOCK_VALUES // len(second))
    for rows, owners in zip(
        torch.split(first.double(), step), torch.split(of_first, step), strict=True
    ):
        kernel = (torch.cdist(rows, values).square() / (-2.0 * sigma**2)).exp()
        sums += owners.T @ (kernel @ of_second)
    return sums


def discrepancy(sums: tuple[Tensor, Tensor, Tensor], counts: Tensor) -> Tensor:
    """100 × the squared discrepancy, from sums of the kernel between different units.

    Args:
        sums: estimates × estimates, references × references, estimates × references, each
            … × unit × unit.
        counts: vectors of each unit, the same in both sets, … × unit; 0 leaves a unit out.
    """
    present = (counts > 0).double()
    pairs = counts.double()[..., :, None] * counts.double()[..., None, :]
    apart = 1.0 - torch.eye(counts.shape[-1], dtype=torch.float64, device=counts.device)
    apart = apart * present[..., :, None] * present[..., None, :]
    total = (pairs * apart).sum((-2, -1))
    own, reference, cross = ((side * apart).sum((-2, -1)) / total for side in sums)
    return SCALE * (own + reference - 2.0 * cross)
