"""How far the participants agree: intraclass correlation, Krippendorff's α, Kendall's W."""

from __future__ import annotations

import numpy as np
from scipy import stats

from .cells import Cells
from .krippendorff import alpha_ordinal
from .rank_tests import friedman, tie_terms
from .records import Agreement
from .reml import Floats
from .resampling import crossed_draws, percentile_interval

Interval = tuple[float, float, float]
_NONE: Interval = (np.nan, np.nan, np.nan)


def icc_agreement(table: Floats, alpha: float = 0.05) -> tuple[Interval, Interval]:
    """ICC(A,1) and ICC(A,k) with intervals, of a complete target × rater table.

    Two-way random effects, absolute agreement. Source: McGraw & Wong 1996,
    doi 10.1037/1082-989X.1.1.30, table 7 (the interval of ICC(A,k) by Spearman–Brown); equal to
    ICC(2,1) and ICC(2,k) of Shrout & Fleiss 1979, doi 10.1037/0033-2909.86.2.420.

    Returns:
        (value, low, high) of ICC(A,1) and ICC(A,k); NaN where it is undefined.
    """
    n, k = table.shape
    if n < 2 or k < 2:
        return _NONE, _NONE
    grand = table.mean()
    rows = k * float(np.sum((table.mean(axis=1) - grand) ** 2)) / (n - 1)
    columns = n * float(np.sum((table.mean(axis=0) - grand) ** 2)) / (k - 1)
    residual = table - table.mean(axis=1, keepdims=True) - table.mean(axis=0) + grand
    error = float(np.sum(residual**2)) / ((n - 1) * (k - 1))
    whole = rows + (k - 1) * error + k * (columns - error) / n
    if whole <= 1e-12 * max(1.0, grand**2) or error <= 1e-12:
        return _NONE, _NONE
    single = (rows - error) / whole
    low, high = _icc_interval(rows, columns, error, single, n, k, alpha)
    average = (rows - error) / (rows + (columns - error) / n)
    return (single, low, high), (average, _stepped_up(low, k), _stepped_up(high, k))


def _icc_interval(
    rows: float, columns: float, error: float, single: float, n: int, k: int, alpha: float
) -> tuple[float, float]:
    ratio = columns / error
    up = k * single * ratio + n * (1 + (k - 1) * single) - k * single
    down = (n - 1) * k**2 * single**2 * ratio**2
    down += (n * (1 + (k - 1) * single) - k * single) ** 2
    freedom = (k - 1) * (n - 1) * up**2 / down
    upper = float(stats.f.ppf(1 - alpha / 2, n - 1, freedom))
    lower = float(stats.f.ppf(1 - alpha / 2, freedom, n - 1))
    common = k * columns + (k * n - k - n) * error
    low = n * (rows - upper * error) / (upper * common + n * rows)
    high = n * (lower * rows - error) / (common + n * lower * rows)
    return low, high


def _stepped_up(value: float, k: int) -> float:
    """Spearman–Brown: reliability of the mean of k raters."""
    return k * value / (1 + (k - 1) * value)


def agreement(cells: Cells, scale: str, alpha: float, seed: int) -> list[Agreement]:
    """All coefficients of one scale; a stimulus is one system's version of one item."""
    stimuli = cells.stimuli()
    complete = stimuli[~np.isnan(stimuli).any(axis=1)]
    single, average = icc_agreement(complete.T, alpha)
    raters, targets = complete.shape
    too_few = "needs two participants who rated every stimulus, with answers that differ"

    def record(name: str, value: Interval, people: int, reason: str) -> Agreement:
        return Agreement.model_validate(
            {"scale": scale, "name": name, "value": value[0], "ci_low": value[1],
             "ci_high": value[2], "n_participants": people, "n_stimuli": targets,
             "reason": "" if np.isfinite(value[0]) else reason}
        )  # fmt: skip

    people = len(cells.participants)
    return [
        record("icc_a_1", single, raters, too_few),
        record("icc_a_k", average, raters, too_few),
        record("krippendorff_alpha_ordinal", alpha_ordinal(stimuli.T, alpha, seed), people,
               "needs two participants on the same stimuli, with answers that differ"),
        record("kendall_w", _kendall_w(cells, alpha, seed), people,
               "needs two participants who rated all systems, not all equal"),
    ]  # fmt: skip


def _kendall_w(cells: Cells, alpha: float, seed: int) -> Interval:
    """W of the participants' order of the systems, with a bootstrap over participants."""
    means = cells.participant_means()
    means = means[~np.isnan(means).any(axis=1)]
    value = friedman(means)[3]
    if not np.isfinite(value):
        return _NONE
    n, k = means.shape
    ranks = stats.rankdata(means, axis=1)
    ties = k**3 - k - tie_terms(ranks)
    weights = crossed_draws(n, 1, seed).participants
    between = np.sum((weights @ ranks - n * (k + 1) / 2) ** 2, axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        drawn = 12 * between / (n * (weights @ ties))
    return value, *percentile_interval(drawn, alpha)
