"""Coefficients of agreement between two time series, and the search for the lag that suits best.

Series are pair × frame (or pair × frame × band); `inside` is 1 where a frame exists and broadcasts
to them.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

# Variance (relative to the mean square) below which a series holds nothing but rounding.
FLAT = 1e-10

Coefficient = Callable[[Tensor, Tensor, Tensor], Tensor]


def moments(
    x: Tensor, y: Tensor, inside: Tensor, dims: tuple[int, ...]
) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
    """(mean x, mean y, variance x, variance y, covariance) over `dims`, float64."""
    repeats = math.prod(x.shape[dim] // inside.shape[dim] for dim in dims)
    count = (repeats * _total(inside, dims)).clamp(min=1.0)

    def mean(values: Tensor) -> Tensor:
        return _total(values, dims) / count

    x_mean, y_mean = mean(x * inside), mean(y * inside)
    x, y = (x - x_mean.to(x.dtype)).mul_(inside), (y - y_mean.to(y.dtype)).mul_(inside)
    found = (x_mean, y_mean, mean(x * x), mean(y * y), mean(x * y))
    return tuple(value.squeeze(dims) for value in found)  # type: ignore[return-value]


def _total(values: Tensor, dims: tuple[int, ...]) -> Tensor:
    """Sums over `dims`, float64: those over the last of them in the precision of the values.

    A sum in float64 from the start would copy all values first, which takes longer than to add.
    """
    inner = values.sum(dims[-1], keepdim=True)
    return inner.double() if len(dims) == 1 else inner.sum(dims[:-1], True, dtype=torch.float64)


def pearson(x: Tensor, y: Tensor, inside: Tensor) -> Tensor:
    """Pearson's r of each pair over frames (× bands); 0 where a side is constant."""
    dims = tuple(range(1, x.ndim))
    _, _, x_var, y_var, covariance = moments(x, y, inside, dims)
    product = x_var * y_var
    is_flat = product <= 0.0
    r = covariance / torch.where(is_flat, 1.0, product).sqrt()
    return torch.where(is_flat, 0.0, r.clamp(-1.0, 1.0))


def spearman(x: Tensor, y: Tensor, inside: Tensor) -> Tensor:
    """Spearman's ρ of each pair over frames: r of the ranks, ties sharing their mean rank."""
    return pearson(_ranks(x, inside), _ranks(y, inside), inside)


def concordance(x: Tensor, y: Tensor, inside: Tensor) -> Tensor:
    """Lin's concordance coefficient (1989, equation 1): r less what offset and scale cost."""
    x_mean, y_mean, x_var, y_var, covariance = moments(x, y, inside, (1,))
    spread = x_var + y_var + (x_mean - y_mean).square()
    return torch.where(spread > 0.0, 2.0 * covariance / spread.clamp(min=1e-300), 0.0)


def best_over_lags(
    coefficient: Coefficient, x: Tensor, y: Tensor, inside: Tensor, most: int
) -> Tensor:
    """The largest coefficient of each pair over shifts of `x` by −most … most frames.

    Only frames that both sides have after the shift enter.
    """
    best = torch.full((len(x),), -torch.inf, dtype=torch.float64, device=x.device)
    for lag in range(-most, most + 1):
        early, late = max(0, -lag), max(0, lag)
        count = x.shape[1] - abs(lag)
        # `inside` ends earlier by |lag|: the later of the two frames must exist.
        overlap = inside[:, abs(lag) :]
        shifted = (x[:, late : late + count], y[:, early : early + count], overlap)
        best = torch.maximum(best, coefficient(*shifted))
    return best


def is_flat(values: Tensor, inside: Tensor) -> Tensor:
    """Whether each pair's series (pair × frame) is constant."""
    mean, _, variance, _, _ = moments(values, values, inside, (1,))
    return variance <= FLAT * (variance + mean.square())


def _ranks(values: Tensor, inside: Tensor) -> Tensor:
    """Ranks from 1 among the frames inside, ties at their mean, pair × frame, float64."""
    outside_last = values.masked_fill(inside == 0, torch.inf).contiguous()
    ordered = outside_last.sort(dim=1).values
    below = torch.searchsorted(ordered, outside_last)
    up_to = torch.searchsorted(ordered, outside_last, right=True)
    ranks = (below + up_to + 1).double() / 2.0
    return ranks * inside
