"""Adjustment of a family of comparisons with the baseline, with intervals that match the decision.

An adjusted interval leaves out zero exactly when the adjusted p is below alpha. What it covers
differs: `dunnett` intervals cover all true differences at once; `benjamini-hochberg` intervals are
those of Benjamini & Yekutieli 2005 (doi 10.1198/016214504000001907), of which on average a share
alpha of the significant ones is wrong; `holm` and `hochberg` intervals say no more than the
adjusted p does, since a step procedure has no simple simultaneous intervals.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
from scipy import optimize, stats

from ..arrays import Floats

Method = Literal["holm", "hochberg", "dunnett", "benjamini-hochberg"]

POINTS = 2**17  # of the quasi-Monte-Carlo integral; its error is about 3e-4
SEED = 1


@dataclass(frozen=True)
class Adjusted:
    """Adjusted p, and half the width of the matching interval in standard errors."""

    p: list[float]
    reach: list[float]


def adjust(
    method: Method, statistics: Floats, df: Floats, alpha: float, correlation: Floats | None = None
) -> Adjusted:
    """Adjust two-sided t tests; missing ones (NaN) stay outside the family.

    Args:
        method: of the study's plan.
        statistics: t of each comparison.
        df: degrees of freedom of each (∞ for z).
        alpha: two-sided level of the family.
        correlation: of the estimates; needed by `dunnett` only.

    Raises:
        ValueError: `dunnett` without correlations.
    """
    statistics, df = np.asarray(statistics, dtype=float), np.asarray(df, dtype=float)
    if method == "dunnett":
        if correlation is None:
            raise ValueError("dunnett needs the correlations of the estimates")
        return _dunnett(statistics, df, alpha, correlation)
    raw = np.asarray(2 * stats.t.sf(np.abs(statistics), df), dtype=float)
    adjusted, level = _STEPS[method](raw, alpha)
    return Adjusted(list(adjusted), list(np.asarray(stats.t.isf(level / 2, df))))


def p_adjusted(method: Method, p: Sequence[float]) -> list[float]:
    """Adjusted p from p alone; Holm where the plan is `dunnett`, which needs estimates."""
    step = _STEPS["holm" if method == "dunnett" else method]
    return [float(value) for value in step(np.asarray(p, dtype=float), 0.05)[0]]


Step = Callable[[Floats, float], tuple[Floats, Floats]]


def _holm(p: Floats, alpha: float) -> tuple[Floats, Floats]:
    """Source: Holm 1979, Scand. J. Statist. 6, 65–70."""
    adjusted = p.copy()
    order = _known_in_order(p)
    steps = np.arange(len(order), 0, -1)
    adjusted[order] = np.minimum(np.maximum.accumulate(p[order] * steps), 1.0)
    return adjusted, _matching_level(p, adjusted, alpha, order, steps)


def _hochberg(p: Floats, alpha: float) -> tuple[Floats, Floats]:
    """Source: Hochberg 1988, doi 10.1093/biomet/75.4.800."""
    adjusted = p.copy()
    order = _known_in_order(p)
    steps = np.arange(len(order), 0, -1)
    raised = (p[order] * steps)[::-1]
    adjusted[order] = np.minimum.accumulate(raised)[::-1]
    return adjusted, _matching_level(p, adjusted, alpha, order, steps)


def _benjamini_hochberg(p: Floats, alpha: float) -> tuple[Floats, Floats]:
    """Source: Benjamini & Hochberg 1995, doi 10.1111/j.2517-6161.1995.tb02031.x."""
    adjusted = p.copy()
    order = _known_in_order(p)
    m = len(order)
    ranks = np.arange(1, m + 1)
    adjusted[order] = np.minimum.accumulate((p[order] * m / ranks)[::-1])[::-1]
    selected = int(np.sum(adjusted[order] < alpha))
    return adjusted, np.full(len(p), alpha * max(selected, 1) / max(m, 1))


def _known_in_order(p: Floats) -> np.ndarray:
    known = np.flatnonzero(np.isfinite(p))
    return known[np.argsort(p[known], kind="stable")]


def _matching_level(
    p: Floats, adjusted: Floats, alpha: float, order: np.ndarray, steps: np.ndarray
) -> Floats:
    """alpha divided by what each p was raised by."""
    factors = np.ones(len(p))
    with np.errstate(invalid="ignore", divide="ignore"):
        factors[order] = np.where(p[order] > 0, adjusted[order] / p[order], steps)
    return alpha / np.maximum(factors, 1.0)


_STEPS: dict[str, Step] = {
    "holm": _holm,
    "hochberg": _hochberg,
    "benjamini-hochberg": _benjamini_hochberg,
}


def _dunnett(statistics: Floats, df: Floats, alpha: float, correlation: Floats) -> Adjusted:
    """Many-to-one comparisons by the multivariate t, with the smallest df of the family.

    Source: Dunnett 1955, doi 10.1080/01621459.1955.10501294; with the model's own correlations,
    Hothorn, Bretz & Westfall 2008, doi 10.1002/bimj.200810425, §3.
    """
    known = np.flatnonzero(np.isfinite(statistics))
    p, reach = np.full(len(statistics), np.nan), np.full(len(statistics), np.nan)
    if len(known):
        inside = _all_inside(correlation[np.ix_(known, known)], float(np.min(df[known])))
        p[known] = [1 - inside(abs(float(t))) for t in statistics[known]]
        upper = float(stats.t.isf(alpha / 2 / len(known), np.min(df[known])))  # Bonferroni's
        lower = float(stats.t.isf(alpha / 2, np.min(df[known])))
        reach[known] = _root(lambda c: inside(c) - (1 - alpha), lower, upper)
    return Adjusted([float(v) for v in np.clip(p, 0.0, 1.0)], [float(v) for v in reach])


def _root(function: Callable[[float], float], lower: float, upper: float) -> float:
    if function(lower) >= 0:
        return lower
    return float(optimize.brentq(function, lower, upper + 1e-3, xtol=1e-6))


def _all_inside(correlation: Floats, df: float) -> Callable[[float], float]:
    """P(all |T| ≤ c) as a function of c: smooth, since the points are the same for every c."""
    size = len(correlation)
    if size == 1:
        return lambda c: float(1 - 2 * stats.t.sf(c, df))
    normal, uniform = _points(size)
    normal = normal @ _root_of(correlation).T
    scale = np.sqrt(stats.chi2.ppf(uniform, df) / df) if np.isfinite(df) else 1.0
    largest = np.sort(np.max(np.abs(normal), axis=1) / scale)

    def inside(c: float) -> float:
        place = float(np.interp(c, largest, np.arange(1, len(largest) + 1) - 0.5))
        # Beyond the points: Bonferroni, which is exact in the far tail.
        tail = size * 2 * float(stats.t.sf(c, df))
        share = place / len(largest)
        return 1 - tail if c > largest[-20] else min(share, 1.0)

    return inside


@lru_cache(maxsize=2)
def _points(size: int) -> tuple[Floats, Floats]:
    """Independent normal numbers, `size` in a row, and uniform ones; always the same."""
    cube = stats.qmc.Sobol(size + 1, seed=SEED).random_base2(int(np.ceil(np.log2(POINTS))))
    cube = np.clip(cube, 1e-12, 1 - 1e-12)
    return stats.norm.ppf(cube[:, :size]), cube[:, size]


def _root_of(correlation: Floats) -> Floats:
    """A square root of a correlation matrix that may be singular."""
    values, vectors = np.linalg.eigh(correlation)
    return np.asarray(vectors * np.sqrt(np.maximum(values, 0.0)))
