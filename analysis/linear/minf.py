"""A mean over crossed participants and items, honest with few of either.

With F1 = d²/SE1² over participants and F2 = d²/SE2² over items, Clark's
min-F′ = F1 F2 / (F1 + F2) = d² / (SE1² + SE2²), and its denominator df is Welch–Satterthwaite's of
that sum. So the test has an estimate, a standard error and an interval like any t.

Source: Clark 1973, "The language-as-fixed-effect fallacy", J. Verb. Learn. Verb. Behav. 12,
doi 10.1016/S0022-5371(73)80014-3.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import stats

from ..arrays import Floats

Method = Literal["min_f", "participants_t", "items_t", "none"]


@dataclass(frozen=True)
class CrossedMean:
    """A mean with its standard error and df; both NaN where `method` is `none`."""

    estimate: float
    se: float
    df: float
    method: Method

    def interval(self, alpha: float) -> tuple[float, float]:
        return t_interval(self.estimate, self.se, self.df, alpha)


def crossed_mean(matrix: Floats) -> CrossedMean:
    """The mean of a participant × item matrix (NaN = missing), for new participants and items.

    With one item (or participant) the spread over the other alone is used: the result then holds
    for this item (or participant) only.
    """
    seen = ~np.isnan(matrix)
    if not seen.any():
        return CrossedMean(np.nan, np.nan, np.nan, "none")
    estimate = float(matrix[seen].mean())
    over_participants, participants = _variance_of_means(matrix, 1)
    over_items, items = _variance_of_means(matrix, 0)
    if participants < 2 and items < 2:
        return CrossedMean(estimate, np.nan, np.nan, "none")
    if items < 2:
        return CrossedMean(estimate, float(np.sqrt(over_participants)), participants - 1.0,
                           "participants_t")  # fmt: skip
    if participants < 2:
        return CrossedMean(estimate, float(np.sqrt(over_items)), items - 1.0, "items_t")
    total = over_participants + over_items
    spread = over_participants**2 / (participants - 1) + over_items**2 / (items - 1)
    df = total**2 / spread if spread > 0 else min(participants, items) - 1.0
    return CrossedMean(estimate, float(np.sqrt(total)), float(df), "min_f")


def scaled_deviations(matrix: Floats, axis: int) -> tuple[Floats, int]:
    """How far each row (axis 1) or column (axis 0) pulls the mean of all cells, and their number.

    Each counts by its number of cells (0 without one). The squares sum to the squared standard
    error of the mean; products with another matrix's deviations sum to the covariance.
    """
    counts = np.sum(~np.isnan(matrix), axis=axis)
    sums = np.nansum(matrix, axis=axis)
    k = int(np.sum(counts > 0))
    if k < 2:
        return np.zeros(len(counts)), k
    deviations = sums - counts * (sums.sum() / counts.sum())
    return np.asarray(deviations / counts.sum() * np.sqrt(k / (k - 1))), k


def _variance_of_means(matrix: Floats, axis: int) -> tuple[float, int]:
    deviations, k = scaled_deviations(matrix, axis)
    return float(deviations @ deviations), k


def crossed_correlation(matrices: Sequence[Floats]) -> Floats:
    """Correlations of the means of several matrices of the same participants and items."""
    parts = [
        np.concatenate([scaled_deviations(matrix, axis)[0] for axis in (1, 0)])
        for matrix in matrices
    ]
    stacked = np.array(parts)
    covariance = stacked @ stacked.T
    spread = np.sqrt(np.diagonal(covariance))
    spread = np.where(spread > 0, spread, 1.0)
    correlation = covariance / np.outer(spread, spread)
    np.fill_diagonal(correlation, 1.0)
    return np.asarray(correlation)


def t_interval(estimate: float, se: float, df: float, alpha: float) -> tuple[float, float]:
    """Two-sided interval at level 1 − alpha; NaN where there is no standard error."""
    if not np.isfinite(se) or not np.isfinite(df):
        return np.nan, np.nan
    reach = float(stats.t.ppf(1 - alpha / 2, df)) * se if se > 0 else 0.0
    return estimate - reach, estimate + reach


def t_test(estimate: float, se: float, df: float) -> tuple[float, float]:
    """Statistic and two-sided p; NaN without a spread to compare with."""
    if not np.isfinite(se) or not np.isfinite(df) or se <= 0:
        return np.nan, np.nan
    statistic = estimate / se
    return statistic, float(2 * stats.t.sf(abs(statistic), df))
