"""Equivalence and non-inferiority to the baseline, within the smallest effect of interest.

Source: Schuirmann 1987, doi 10.1007/BF01068419 (two one-sided tests).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats


@dataclass(frozen=True)
class OneSided:
    """p of the two one-sided tests, and the interval at level 1 − 2 alpha that decides them."""

    p_equivalence: float
    p_non_inferiority: float
    ci_low: float
    ci_high: float


def one_sided_tests(estimate: float, se: float, df: float, bound: float, alpha: float) -> OneSided:
    """Is the difference within ±bound, and is it above −bound?

    Args:
        estimate: difference from the baseline.
        se: its standard error, in the same unit.
        df: degrees of freedom (∞ for z).
        bound: the smallest effect of interest, in the same unit; positive.
        alpha: one-sided level.

    Returns:
        NaN throughout without a standard error.
    """
    if not (np.isfinite(se) and se > 0 and np.isfinite(estimate)):
        return OneSided(np.nan, np.nan, np.nan, np.nan)
    above = float(stats.t.sf((estimate + bound) / se, df))
    below = float(stats.t.cdf((estimate - bound) / se, df))
    reach = float(stats.t.isf(alpha, df)) * se
    return OneSided(max(above, below), above, estimate - reach, estimate + reach)
