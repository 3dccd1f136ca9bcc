"""Intervals that hold at every look at once, so that a study may stop whenever they say enough.

Participants come one after another, so their mean differences (over the items) form a sequence. For
it the t-test e-value with a normal prior on the standardised mean and the right Haar prior on the
deviation,

    e_n = (1 + g n)^(-1/2) [(1 + t² / ((n − 1)(1 + g n))) / (1 + t² / (n − 1))]^(-n/2),

exceeds 1/α at any n with a probability of at most α; the means that it does not reject form an
interval in closed form. It is exact for normal participants' means of unknown deviation.

Items do not come in sequence: they are drawn once. Where the claim is about items like these, their
sampling error has t's interval, and the two half-widths are joined as those of independent errors
are, by the root of the sum of their squares. That is no theorem for all n at once; simulation shows
that no more than α of such studies ever miss (`benchmarks/CALIBRATION.md`), where the sum of the
two would miss a hundredth of that and hardly ever stop.

Source: Pérez-Ortiz, Lardy, de Heide & Grünwald 2024, "E-statistics, group invariance and
anytime-valid testing", doi 10.1214/24-AOS2394; Wang & Ramdas 2025, "Anytime-valid t-tests and
confidence sequences for Gaussian means with unknown variance", Sequential Analysis 44. That the
intervals hold for category ratings is shown by simulation (`benchmarks/CALIBRATION.md`).
"""

from __future__ import annotations

import numpy as np
from scipy import stats

from ..arrays import Floats


def mixing_variance(alpha: float, planned: int) -> float:
    """g, for which the interval is near its narrowest at `planned` participants.

    Source: Waudby-Smith et al. 2024, "Time-uniform central limit theory and asymptotic confidence
    sequences", doi 10.1214/24-AOS2408 (first-order choice of the mixture).
    """
    tail = -2 * np.log(alpha)
    return float((tail + np.log1p(tail)) / planned)


def reach_in_errors(count: int, alpha: float, g: float) -> float:
    """Half the width of the interval of a mean of `count` values, in standard errors; ∞ if none."""
    if count < 2:
        return np.inf
    spread = 1 + g * count
    q = (alpha**2 / spread) ** (1 / count)
    room = q - 1 / spread
    return float(np.sqrt((count - 1) * (1 - q) / room)) if room > 0 else np.inf


def anytime_interval(
    differences: Floats, alpha: float, g: float, *, new_items: bool
) -> tuple[float, float, float]:
    """Estimate, lower and upper end of a mean difference.

    Args:
        differences: participant × item, complete.
        alpha: two-sided, for this comparison alone.
        g: `mixing_variance` of the plan.
        new_items: the claim is about items like these, not about these only.

    Returns:
        Infinite ends with too few participants (or items) for any interval.
    """
    participants, items = differences.shape
    if participants == 0:
        return np.nan, -np.inf, np.inf
    means = differences.mean(axis=1)
    estimate = float(means.mean())
    if participants < 2:
        return estimate, -np.inf, np.inf
    reach = reach_in_errors(participants, alpha, g)
    half = reach * float(means.std(ddof=1)) / np.sqrt(participants)
    if new_items:
        if items < 2:
            return estimate, -np.inf, np.inf
        of_items = float(differences.mean(axis=0).std(ddof=1)) / np.sqrt(items)
        half = float(np.hypot(half, stats.t.isf(alpha / 2, items - 1) * of_items))
    return estimate, estimate - half, estimate + half
