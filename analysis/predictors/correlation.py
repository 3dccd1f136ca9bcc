"""Correlations with weights for intervals clustered by item, chance level and noise ceiling."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from ..arrays import Floats


def weighted_pearson(x: Floats, y: Floats, weights: Floats) -> Floats:
    """Correlation per draw (row of `weights`); x, y: n, or draw × n. NaN where one is constant."""
    total = weights.sum(axis=1, keepdims=True)
    dx = x - np.sum(weights * x, axis=1, keepdims=True) / total
    dy = y - np.sum(weights * y, axis=1, keepdims=True) / total
    xx, yy = np.sum(weights * dx * dx, axis=1), np.sum(weights * dy * dy, axis=1)
    tiny = 1e-12 * total[:, 0]
    with np.errstate(invalid="ignore", divide="ignore"):
        value = np.sum(weights * dx * dy, axis=1) / np.sqrt(xx * yy)
    flat_x, flat_y = xx <= tiny * _square(x), yy <= tiny * _square(y)
    return np.where(flat_x | flat_y, np.nan, np.clip(value, -1, 1))


def _square(x: Floats) -> float:
    return float(np.max(x * x, initial=0.0))


def weighted_ranks(x: Floats, weights: Floats) -> Floats:
    """Mid-ranks of x where point i counts `weights[draw, i]` times: draw × n."""
    _, group = np.unique(x, return_inverse=True)
    order = np.argsort(group, kind="stable")
    starts = np.searchsorted(group[order], np.arange(int(group.max()) + 1))
    mass = np.add.reduceat(weights[:, order], starts, axis=1)
    middle = np.cumsum(mass, axis=1) - mass / 2
    return np.asarray(middle[:, group])


def weighted_spearman(x: Floats, y: Floats, weights: Floats) -> Floats:
    return weighted_pearson(weighted_ranks(x, weights), weighted_ranks(y, weights), weights)


def weighted_kendall(x: Floats, y: Floats, weights: Floats) -> Floats:
    """Kendall's τ-b per draw; NaN where one is constant."""
    dx, dy = np.sign(x[:, None] - x), np.sign(y[:, None] - y)

    def total(pairs: Floats) -> Floats:
        return np.asarray(np.einsum("di,di->d", weights @ pairs, weights))

    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(total(dx * dy) / np.sqrt(total(dx * dx) * total(dy * dy)))


def item_weights(items: NDArray[np.intp], seed: int, draws: int) -> Floats:
    """Bootstrap over items: how often each point was drawn (draw × point)."""
    count = int(items.max()) + 1
    drawn = np.random.default_rng(seed).multinomial(count, np.full(count, 1 / count), size=draws)
    return drawn[:, items].astype(float)


def chance_level(n: int) -> float:
    """|r| that n unrelated points exceed in 5 % of cases (Student's t); NaN for n < 4."""
    if n < 4:
        return np.nan
    t = float(stats.t.ppf(0.975, n - 2))
    return t / float(np.sqrt(n - 2 + t * t))


def noise_ceiling(table: Floats, seed: int, splits: int = 200) -> float:
    """The correlation with the mean ratings that a perfect predictor could expect.

    Participants are split at random into halves; the halves' stimulus means correlate with r;
    the reliability of the full mean is 2r / (1 + r) (Spearman–Brown), the ceiling its square root.

    Args:
        table: participant × stimulus ratings, NaN = missing.
        seed: of the splits.
        splits: number of random splits.

    Returns:
        0..1; NaN with fewer than 4 participants or 3 stimuli, or without variation.
    """
    participants, stimuli = table.shape
    if participants < 4 or stimuli < 3:
        return np.nan
    generator = np.random.default_rng(seed)
    half = np.arange(participants) < participants // 2
    chosen = generator.permuted(np.tile(half, (splits, 1)), axis=1).astype(float)
    seen = ~np.isnan(table)
    filled = np.where(seen, table, 0.0)
    correlations = _between_halves(chosen, filled, seen.astype(float))
    usable = correlations[np.isfinite(correlations)]
    if len(usable) == 0:
        return np.nan
    r = float(usable.mean())
    return float(np.sqrt(max(0.0, 2 * r / (1 + r)))) if r > -1 else 0.0


def _between_halves(chosen: Floats, filled: Floats, seen: Floats) -> Floats:
    """Correlation of the two halves' stimulus means, per split."""
    with np.errstate(invalid="ignore", divide="ignore"):
        first = (chosen @ filled) / (chosen @ seen)
        second = ((1 - chosen) @ filled) / ((1 - chosen) @ seen)
    both = np.isfinite(first) & np.isfinite(second)
    weights = both.astype(float)
    enough = weights.sum(axis=1) >= 3
    clean = weighted_pearson(np.where(both, first, 0.0), np.where(both, second, 0.0),
                             np.where(enough[:, None], weights, 1.0))  # fmt: skip
    return np.where(enough, clean, np.nan)
