"""Friedman's, Wilcoxon's and Page's tests on participants' means: companions of the mixed model.

They treat the items as given, so they say nothing about other items.
"""

from __future__ import annotations

import numpy as np
from scipy import stats

from ..arrays import Floats
from ..cells import Cells
from ..records.report import Plan, Test
from .multiplicity import p_adjusted


def friedman(means: Floats) -> tuple[float, int, float, float]:
    """χ², df, p and Kendall's W, corrected for ties, of a participant × system table.

    Returns NaN for all but df where fewer than two participants or systems are complete, or where
    every participant ties all systems.
    """
    complete = means[~np.isnan(means).any(axis=1)]
    n, k = complete.shape
    if n < 2 or k < 2:
        return np.nan, max(k - 1, 0), np.nan, np.nan
    ranks = stats.rankdata(complete, axis=1)
    between = float(np.sum((ranks.sum(axis=0) - n * (k + 1) / 2) ** 2))
    ties = float(n * k * (k * k - 1) - tie_terms(ranks).sum()) / 12 / (k - 1)
    if ties <= 0:
        return np.nan, k - 1, np.nan, np.nan
    statistic = between / ties
    return statistic, k - 1, float(stats.chi2.sf(statistic, k - 1)), statistic / (n * (k - 1))


def tie_terms(ranks: Floats) -> Floats:
    """Σ (t³ − t) over the groups of tied ranks of each row (0 without ties)."""
    # A mid-rank in a group of t occurs t times: Σ over members of (t² − 1) = t³ − t.
    sizes = np.sum(ranks[:, :, None] == ranks[:, None, :], axis=2)
    return np.asarray(np.sum(sizes**2 - 1.0, axis=1))


def wilcoxon(difference: Floats) -> tuple[float, float, int]:
    """V (sum of positive ranks), two-sided p and the number of non-zero differences.

    Normal approximation with tie correction, without continuity correction; zeros dropped.
    """
    values = np.round(difference[~np.isnan(difference)], 12)
    used = values[values != 0]
    n = len(used)
    if n < 1:
        return np.nan, np.nan, 0
    ranks = stats.rankdata(np.abs(used))
    positive = float(ranks[used > 0].sum())
    counts = np.unique(ranks, return_counts=True)[1].astype(float)
    variance = n * (n + 1) * (2 * n + 1) / 24 - float(np.sum(counts**3 - counts)) / 48
    z = (positive - n * (n + 1) / 4) / np.sqrt(variance)
    return positive, float(2 * stats.norm.sf(abs(z))), n


def page(means: Floats) -> tuple[float, float, int]:
    """Page's L, one-sided p and the number of complete participants.

    Args:
        means: participant × system, the systems in the expected order, lowest first.

    Source: Page 1963, doi 10.1080/01621459.1963.10500843; exact p for small tables (scipy).
    """
    complete = means[~np.isnan(means).any(axis=1)]
    n, k = complete.shape
    if n < 2 or k < 3 or np.all(np.ptp(complete, axis=1) == 0):
        return np.nan, np.nan, n
    found = stats.page_trend_test(stats.rankdata(complete, axis=1), ranked=True)
    return float(found.statistic), float(found.pvalue), n


def rank_tests(cells: Cells, scale: str, baseline: str, plan: Plan) -> list[Test]:
    """Friedman over all systems, Page if an order was expected, Wilcoxon against the baseline."""
    means = cells.participant_means()
    statistic, df, p, _ = friedman(means)
    complete = int((~np.isnan(means).any(axis=1)).sum())
    systems = [system for system in cells.systems if system != baseline]
    base = means[:, cells.systems.index(baseline)]
    pairs = [wilcoxon(means[:, cells.systems.index(system)] - base) for system in systems]
    adjusted = p_adjusted(plan.multiplicity, [pair[1] for pair in pairs])
    reason = "" if np.isfinite(p) else "needs two participants who rated all systems, not all equal"
    records = [
        Test(scale=scale, name="friedman", system="", baseline="", statistic=statistic, df=df,
             p=p, p_adjusted=p, n=complete, reason=reason)
    ]  # fmt: skip
    records += _page_record(cells, scale, plan.expected_order)
    for system, (v, raw, n), p_one in zip(systems, pairs, adjusted, strict=True):
        records.append(
            Test(scale=scale, name="wilcoxon", system=system, baseline=baseline, statistic=v,
                 df=None, p=raw, p_adjusted=p_one, n=n,
                 reason="" if n else "no participant rated the two differently")
        )  # fmt: skip
    return records


def _page_record(cells: Cells, scale: str, order: list[str]) -> list[Test]:
    """None without an expected order."""
    if not order:
        return []
    missing = [system for system in order if system not in cells.systems]
    if missing:
        reason, found = f"{missing[0]} was not rated on this scale", (np.nan, np.nan, 0)
    else:
        means = cells.participant_means()
        found = page(means[:, [cells.systems.index(system) for system in order]])
        reason = "" if np.isfinite(found[1]) else (
            "needs three systems and two participants who rated them all, not all equal"
        )  # fmt: skip
    statistic, p, n = found
    return [
        Test(scale=scale, name="page", system=" < ".join(order), baseline="", statistic=statistic,
             df=None, p=p, p_adjusted=p, n=n, reason=reason)
    ]  # fmt: skip
