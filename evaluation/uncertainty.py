"""How sure a mean and a difference are: exact permutation, BCa intervals, Holm's adjustment.

Conventions: values of items come with the group (song or speaker) that they are of; groups are
independent, items within one are not. The statistic is always the mean over items.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import scipy.special

Floats = npt.NDArray[np.float64]

MIN_GROUPS = 8  # with fewer, the smallest two-sided p is over 0.0156 and intervals mislead
CONFIDENCE = 0.95
RESAMPLES = 9_999
SEED = 20_250_101
BLOCK = 2**18  # draws at once: they stay in the cache, and memory does not grow with the groups
# Up to here the two halves of all sign patterns fit in memory (2 × 2^20 sums).
MAX_EXACT_GROUPS = 40
MONTE_CARLO_FLIPS = 99_999


def group_sums(values: Sequence[float], groups: Sequence[str]) -> tuple[Floats, Floats]:
    """Sum and number of the values of each group."""
    _, place = np.unique(np.asarray(groups), return_inverse=True)
    weights = np.asarray(values, dtype=np.float64)
    sums, counts = np.bincount(place, weights=weights), np.bincount(place)
    return sums.astype(np.float64), counts.astype(np.float64)


def bca_interval(sums: Floats, counts: Floats) -> tuple[float | None, float | None]:
    """95 % bias-corrected and accelerated bootstrap interval of the mean over items.

    Whole groups are resampled (Efron 1987; Davison & Hinkley 1997, §3.8), 9,999 times with a fixed
    seed. Groups that all have one mean give that mean twice; a bound that is not defined is None.
    """
    mean = float(sums.sum() / counts.sum())
    if np.ptp(sums / counts) <= 1e-12 * max(1.0, abs(mean)):
        return mean, mean

    draws = _resampled_means(sums, counts)
    with np.errstate(divide="ignore", invalid="ignore"):  # a level that is not defined is NaN
        levels = _bca_levels(draws, mean, sums, counts)
    low, high = (
        float(np.quantile(draws, level)) if np.isfinite(level) else None for level in levels
    )
    return low, high


def _resampled_means(sums: Floats, counts: Floats) -> Floats:
    """The mean over items under each resampling of the groups."""
    rng = np.random.default_rng(SEED)
    step = max(1, BLOCK // len(sums))
    means = np.empty(RESAMPLES)
    for first in range(0, RESAMPLES, step):
        block = means[first : first + step]
        chosen = rng.integers(0, len(sums), size=(len(block), len(sums)))
        block[:] = sums[chosen].sum(axis=-1) / counts[chosen].sum(axis=-1)
    return means


def _bca_levels(draws: Floats, mean: float, sums: Floats, counts: Floats) -> Floats:
    """Which quantiles of the draws bound the interval (Davison & Hinkley 1997, eqs. 5.21–5.27).

    The jackknife behind the acceleration is closed: a library's takes the square of the groups.
    """
    below = (np.mean(draws < mean) + np.mean(draws <= mean)) / 2.0
    bias = scipy.special.ndtri(below)
    left_out = (sums.sum() - sums) / (counts.sum() - counts)
    influence = left_out.mean() - left_out
    acceleration = (influence**3).sum() / (6.0 * (influence**2).sum() ** 1.5)
    tails = bias + scipy.special.ndtri([(1.0 - CONFIDENCE) / 2.0, (1.0 + CONFIDENCE) / 2.0])
    levels: Floats = scipy.special.ndtr(bias + tails / (1.0 - acceleration * tails))
    return levels


def sign_flip_p(sums: Floats) -> float:
    """Two-sided p of the hypothesis that each group's differences are symmetric about 0.

    All 2^G patterns of signs over the G groups are counted, exactly: each pattern of the first half
    of the groups is paired with the sorted sums of the second half. Beyond 40 groups, 99,999 random
    patterns with a fixed seed and the observed one (Phipson & Smyth 2010).

    Args:
        sums: sum of the paired differences of each group.
    """
    observed = abs(float(sums.sum()))
    slack = 1e-12 * float(np.abs(sums).sum())  # patterns that tie with the observed one count
    if len(sums) > MAX_EXACT_GROUPS:
        return _monte_carlo_p(sums, observed - slack)
    half = len(sums) // 2
    first, second = _signed_sums(sums[:half]), np.sort(_signed_sums(sums[half:]))
    bound = observed - slack
    above = second.size - np.searchsorted(second, bound - first, side="left")
    below = np.searchsorted(second, -bound - first, side="right")
    extreme = np.minimum(above + below, second.size)  # a bound of 0 would count each twice
    return float(extreme.sum() / 2.0 ** len(sums))


def smallest_p(groups: int) -> float:
    """The smallest p that `sign_flip_p` can give for so many groups."""
    return 1.0 / (MONTE_CARLO_FLIPS + 1) if groups > MAX_EXACT_GROUPS else 2.0 / 2.0**groups


def _signed_sums(values: Floats) -> Floats:
    """The sums under all patterns of signs."""
    sums = np.zeros(1)
    for value in values:
        sums = np.concatenate([sums + value, sums - value])
    return sums


def _monte_carlo_p(sums: Floats, bound: float) -> float:
    rng = np.random.default_rng(SEED)
    total, extreme = sums.sum(), 0
    for flips in np.array_split(np.arange(MONTE_CARLO_FLIPS), 100):
        is_kept = rng.integers(0, 2, size=(len(flips), len(sums)), dtype=np.int8)
        for some in np.array_split(is_kept, -(-is_kept.size // BLOCK)):
            flipped = 2.0 * (some.astype(np.float64) @ sums) - total
            extreme += int((np.abs(flipped) >= bound).sum())
    return (extreme + 1) / (MONTE_CARLO_FLIPS + 1)


def holm(p: Sequence[float]) -> list[float]:
    """Holm's step-down adjustment of a family of p values (Holm 1979), in the order given."""
    order = np.argsort(p, kind="stable")
    scaled = np.asarray(p, dtype=np.float64)[order] * np.arange(len(p), 0, -1)
    adjusted = np.empty(len(p))
    adjusted[order] = np.minimum(np.maximum.accumulate(scaled), 1.0) if len(p) else []
    return [float(value) for value in adjusted]
