"""Sets in blocks of whole groups: the unit that intervals and extrapolation leave out.

Songs or speakers are independent, the windows within one are not; so resampling takes groups as a
whole, dealt into at most 40 blocks by a fixed seed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.stats
import torch
from torch import Tensor

from ..uncertainty import CONFIDENCE, MIN_GROUPS
from .frechet import frechet_of_covariances

MOST_BLOCKS = 40
SEED = 20_250_102


@dataclass(frozen=True, eq=False)
class Sums:
    """Moments of each block of one set: what any union of blocks is made of, float64.

    Attributes:
        counts: vectors, block.
        sums: block × dimension, about a common centre.
        products: block × dimension × dimension, likewise.
        centre: dimension.
    """

    counts: Tensor
    sums: Tensor
    products: Tensor
    centre: Tensor

    def unions(self, weights: Tensor) -> tuple[Tensor, Tensor]:
        """(means, covariances) of unions of blocks; `weights` is union × block of 0 and 1."""
        counts = (weights @ self.counts)[:, None]
        means = (weights @ self.sums) / counts
        products = torch.einsum("ub,bij->uij", weights, self.products)
        outer = counts[..., None] * means[:, :, None] * means[:, None, :]
        return means + self.centre, (products - outer) / (counts[..., None] - 1.0)


def deal(groups: Sequence[str]) -> list[int]:
    """The block of each item, from the group of each: a block for each group, or 40 of several."""
    names = list(dict.fromkeys(groups))
    order = np.random.default_rng(SEED).permutation(len(names))
    place = {names[name]: spot % MOST_BLOCKS for spot, name in enumerate(order)}
    return [place[group] for group in groups]


def sums_of(items: Sequence[Tensor], blocks: Sequence[int]) -> Sums:
    """The sums of a set whose item i lies in block `blocks[i]`."""
    values = torch.cat(list(items)).double()
    count = max(blocks) + 1
    centre = values.mean(0)
    owner = torch.tensor(
        [block for item, block in zip(items, blocks, strict=True) for _ in range(len(item))],
        device=values.device,
    )
    centred = values - centre
    counts = torch.bincount(owner, minlength=count).double()
    sums = torch.zeros(count, values.shape[1], dtype=torch.float64, device=values.device)
    sums.index_add_(0, owner, centred)
    products = torch.stack(
        [part.T @ part for part in (centred[owner == block] for block in range(count))]
    )
    return Sums(counts, sums, products, centre)


def frechet_of_unions(ours: Sums, theirs: Sums, weights: Tensor) -> Tensor:
    """Fréchet distance of the same unions of blocks of two sets, one for each row of `weights`."""
    found = []
    dimensions = ours.sums.shape[1]
    for part in torch.split(weights, max(1, 2**24 // dimensions**2)):
        first, second = ours.unions(part), theirs.unions(part)
        found.append(frechet_of_covariances((first[0], second[0]), (first[1], second[1])))
    return torch.cat(found)


def all_but_one(blocks: int, device: torch.device) -> Tensor:
    """Weights of the unions of all blocks but one, block × block."""
    return 1.0 - torch.eye(blocks, dtype=torch.float64, device=device)


def jackknife_interval(
    value: float, replicates: Sequence[float], groups: int
) -> tuple[float | None, float | None]:
    """95 % interval of a smooth statistic from its values without one block each.

    Delete-a-group jackknife with Student's t (Shao, Tu: The Jackknife and Bootstrap, 1995, §2.3).
    None with fewer than 8 groups.
    """
    count = len(replicates)
    if groups < MIN_GROUPS or count < MIN_GROUPS:
        return None, None
    spread = np.asarray(replicates) - np.mean(replicates)
    error = float(np.sqrt((count - 1) / count * np.sum(spread**2)))
    reach = float(scipy.stats.t.ppf(0.5 + CONFIDENCE / 2, count - 1)) * error
    return value - reach, value + reach
