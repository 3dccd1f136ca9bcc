"""Permutation test of a mean difference over crossed participants and items.

Scheme: if the systems are alike, what makes a participant's mean difference deviate from the whole
is as likely to point the other way, and so for an item's. So the signs of the participants' and of
the items' deviations are drawn at random, independently, 10,000 times; each draw gives a mean and,
from the flipped deviations, its own standard error √(SE²participants + SE²items). Its t is compared
with the observed one. Flipping whole participants and items keeps what repeats within them, which
flipping single ratings would not.

Source: studentised sign-flipping, Janssen 1999, doi 10.1080/02331889908802686; the standard error
of both factors is that of min-F′ (`minf.py`).
"""

from __future__ import annotations

import numpy as np

from ..arrays import Floats
from ..linear.minf import scaled_deviations

DRAWS = 10_000


def sign_flip_p(difference: Floats, seed: int, draws: int = DRAWS) -> float:
    """Two-sided p of a participant × item matrix of differences (NaN = missing).

    NaN with fewer than two participants or items, or without spread. The smallest p is
    1 / (draws + 1).
    """
    parts = [scaled_deviations(difference, axis) for axis in (1, 0)]
    if any(count < 2 for _, count in parts):
        return np.nan
    seen = ~np.isnan(difference)
    observed = _t(float(difference[seen].mean()), [float(part @ part) for part, _ in parts])
    if not np.isfinite(observed):
        return np.nan
    generator = np.random.default_rng(seed)
    total, variances = np.zeros(draws), np.zeros(draws)
    for part, count in parts:
        used = part[part != 0.0]
        flipped = _signs(generator, draws, len(used)) @ used
        total += flipped
        variances += count / (count - 1) * np.maximum(part @ part - flipped**2 / count, 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        drawn = np.abs(total) / np.sqrt(variances)
    extreme = np.sum(~(drawn < abs(observed) * (1 - 1e-12)))
    return float((1 + extreme) / (1 + draws))


def _signs(generator: np.random.Generator, draws: int, count: int) -> Floats:
    return np.asarray(
        generator.integers(0, 2, size=(draws, count), dtype=np.int8) * 2.0 - 1.0, dtype=float
    )


def _t(mean: float, variances: list[float]) -> float:
    total = sum(variances)
    return mean / float(np.sqrt(total)) if total > 0 else np.nan
