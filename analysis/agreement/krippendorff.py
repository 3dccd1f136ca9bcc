"""Krippendorff's α for ordinal answers, with missing cells.

Source: Krippendorff 2011, "Computing Krippendorff's Alpha-Reliability" (ordinal metric).
"""

from __future__ import annotations

import numpy as np

from ..arrays import Floats
from ..resampling import crossed_draws, percentile_interval

MOST_VALUES = 201  # distinct answers; beyond it they are ranked into that many classes


def alpha_ordinal(table: Floats, alpha: float = 0.05, seed: int = 0) -> tuple[float, float, float]:
    """α of a unit × rater table (NaN = missing) and its percentile interval over units.

    1 = perfect agreement, 0 = chance. NaN where no unit has two answers or all answers are equal.
    """
    counts = _category_counts(table)
    counts = counts[counts.sum(axis=1) >= 2]
    if len(counts) == 0:
        return np.nan, np.nan, np.nan
    value = _alpha(np.ones((1, len(counts))), counts)[0]
    if len(counts) < 2 or not np.isfinite(value):
        return float(value), np.nan, np.nan
    weights = crossed_draws(len(counts), 1, seed).participants
    return float(value), *percentile_interval(_alpha(weights, counts), alpha)


def _category_counts(table: Floats) -> Floats:
    """Answers per unit and category (ascending): unit × category."""
    seen = table[~np.isnan(table)]
    values = np.unique(seen)
    if len(values) > MOST_VALUES:
        values = np.unique(np.quantile(seen, np.linspace(0, 1, MOST_VALUES), method="lower"))
    codes = np.searchsorted(values, table, side="right") - 1
    counts = np.zeros((len(table), len(values)))
    for column in range(table.shape[1]):
        present = ~np.isnan(table[:, column])
        counts[np.flatnonzero(present), codes[present, column]] += 1
    return counts


def _alpha(weights: Floats, counts: Floats) -> Floats:
    """α where unit u counts `weights[draw, u]` times; draws in parts, to bound the memory."""
    parts = [_alpha_part(weights[start : start + 100], counts) for start in
             range(0, len(weights), 100)]  # fmt: skip
    return np.concatenate(parts)


def _alpha_part(weights: Floats, counts: Floats) -> Floats:
    size = counts.sum(axis=1)
    scaled = counts / np.sqrt(size - 1)[:, None]
    diagonal = counts / (size - 1)[:, None]
    units, categories = counts.shape
    pairs = np.einsum("uc,uk->uck", scaled, scaled)
    pairs[:, np.arange(categories), np.arange(categories)] -= diagonal
    coincidences = (weights @ pairs.reshape(units, -1)).reshape(-1, categories, categories)
    totals = weights @ counts
    middle = np.cumsum(totals, axis=1) - totals / 2
    distance = (middle[:, :, None] - middle[:, None, :]) ** 2
    observed = np.sum(coincidences * distance, axis=(1, 2))
    expected = np.sum(totals[:, :, None] * totals[:, None, :] * distance, axis=(1, 2))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(1 - (totals.sum(axis=1) - 1) * observed / expected)
