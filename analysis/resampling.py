"""Bootstrap over participants and items at once, by weights instead of redrawn tables.

Source: Owen 2007, "The pigeonhole bootstrap", doi 10.1214/07-AOAS122: rows and columns of a crossed
table are resampled independently; slightly conservative.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .arrays import Floats

DRAWS = 2000


@dataclass(frozen=True)
class Draws:
    """How often each participant (draw × participant) and item (draw × item) was drawn."""

    participants: Floats
    items: Floats

    def sums(self, cells: Floats) -> Floats:
        """Weighted sums over participants and items of cells × k: draw × k."""
        rows, columns, depth = cells.shape
        partial = self.participants @ cells.reshape(rows, columns * depth)
        weighted = np.einsum("di,dik->dk", self.items, partial.reshape(-1, columns, depth))
        return np.asarray(weighted)


def crossed_draws(participants: int, items: int, seed: int, draws: int = DRAWS) -> Draws:
    """Independent multinomial weights for both (a single participant or item stays as it is)."""
    generator = np.random.default_rng(seed)

    def weights(count: int) -> Floats:
        return generator.multinomial(count, np.full(count, 1 / count), size=draws).astype(float)

    return Draws(weights(participants), weights(items))


def tail_probability(drawn: Floats) -> float:
    """Two-sided p: how often the draws reach the other side of zero. NaN without spread."""
    usable = drawn[np.isfinite(drawn)]
    if len(usable) < 2 or np.ptp(usable) == 0:
        return np.nan
    low, high = np.sum(usable <= 0), np.sum(usable >= 0)
    return float(min(1.0, 2 * (1 + min(low, high)) / (1 + len(usable))))


def percentile_interval(values: Floats, alpha: float) -> tuple[float, float]:
    """Two-sided percentile interval over the draws that have a value; NaN if half have none."""
    usable = values[np.isfinite(values)]
    if len(usable) < len(values) / 2 or len(usable) == 0:
        return np.nan, np.nan
    low, high = np.quantile(usable, [alpha / 2, 1 - alpha / 2])
    return float(low), float(high)
