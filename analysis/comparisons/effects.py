"""Effect sizes of a system against the baseline that need no equal steps between answers."""

from __future__ import annotations

import numpy as np

from ..arrays import Floats
from ..records.report import Effect
from ..resampling import Draws, percentile_interval

MOST_VALUES = 201  # distinct answers up to which Cliff's δ gets an interval


def effect_sizes(system: Floats, baseline: Floats, draws: Draws, alpha: float) -> list[Effect]:
    """Cliff's δ, the matched rank-biserial correlation and P(system > baseline), with intervals.

    Args:
        system: participant × item ratings, NaN = missing.
        baseline: the same for the baseline.
        draws: of the same participants and items.
        alpha: 1 − level of the percentile intervals.
    """
    pairs = {
        "cliffs_delta": cliffs_delta(system, baseline, draws),
        "rank_biserial": rank_biserial(system - baseline, draws),
        "probability_of_superiority": probability_of_superiority(system - baseline, draws),
    }
    return [
        Effect.model_validate(
            {"name": name, "value": value}
            | dict(zip(("ci_low", "ci_high"), percentile_interval(drawn, alpha), strict=True))
        )
        for name, (value, drawn) in pairs.items()
    ]


def cliffs_delta(system: Floats, baseline: Floats, draws: Draws) -> tuple[float, Floats]:
    """P(X > Y) − P(X < Y) over all pairs of a rating of the system and one of the baseline.

    Source: Cliff 1993, doi 10.1037/0033-2909.114.3.494.
    """
    seen = np.concatenate([system.ravel(), baseline.ravel()])
    values = np.unique(seen[~np.isnan(seen)])
    first = np.array([np.sum(system == value) for value in values], dtype=float)
    second = np.array([np.sum(baseline == value) for value in values], dtype=float)
    exact = _dominance(first[None], second[None])[0]
    if len(values) > MOST_VALUES:
        return float(exact), np.full(len(draws.items), np.nan)
    drawn = _dominance(
        draws.sums((system[:, :, None] == values).astype(float)),
        draws.sums((baseline[:, :, None] == values).astype(float)),
    )
    return float(exact), drawn


def _dominance(first: Floats, second: Floats) -> Floats:
    """δ from counts per value (draw × value, ascending)."""
    totals = second.sum(axis=1, keepdims=True)
    below = np.cumsum(second, axis=1) - second
    above = totals - below - second
    with np.errstate(invalid="ignore", divide="ignore"):
        balance = np.sum(first * (below - above), axis=1)
        return np.asarray(balance / (first.sum(axis=1) * totals[:, 0]))


def probability_of_superiority(difference: Floats, draws: Draws) -> tuple[float, Floats]:
    """P(the same participant rates the system above the baseline on the same item), ties half.

    Source: McGraw & Wong 1992, doi 10.1037/0033-2909.111.2.361 (paired form, ties split).
    """
    seen = ~np.isnan(difference)
    wins = np.where(seen, (difference > 0) + 0.5 * (difference == 0), 0.0)
    sums = draws.sums(np.stack([wins, seen.astype(float)], axis=2))
    with np.errstate(invalid="ignore", divide="ignore"):
        value = wins.sum() / seen.sum() if seen.any() else np.nan
        return float(value), np.asarray(sums[:, 0] / sums[:, 1])


def rank_biserial(difference: Floats, draws: Draws) -> tuple[float, Floats]:
    """Share of favourable minus unfavourable rank sum of the participants' mean differences.

    Source: Kerby 2014, doi 10.2466/11.IT.3.1; zeros are dropped as in Wilcoxon's test.
    """
    seen = ~np.isnan(difference)
    counts = seen.sum(axis=1)
    means = np.where(counts > 0, np.nansum(difference, axis=1) / np.maximum(counts, 1), 0.0)
    size = np.round(np.abs(means), 12)
    used = size > 0
    if not used.any():
        return 0.0 if counts.any() else np.nan, np.full(len(draws.items), np.nan)
    groups, group = np.unique(size[used], return_inverse=True)
    sign = np.sign(means[used])

    def balance(weights: Floats) -> Floats:
        up = _grouped(weights * (sign > 0), group, len(groups))
        down = _grouped(weights * (sign < 0), group, len(groups))
        both = up + down
        rank = np.cumsum(both, axis=1) - both + (both + 1) / 2
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray(np.sum(rank * (up - down), axis=1) / np.sum(rank * both, axis=1))

    return float(balance(np.ones((1, used.sum())))[0]), balance(draws.participants[:, used])


def _grouped(weights: Floats, group: np.ndarray, count: int) -> Floats:
    """Sums of the columns of `weights` by group: draw × group."""
    order = np.argsort(group, kind="stable")
    starts = np.searchsorted(group[order], np.arange(count))
    return np.asarray(np.add.reduceat(weights[:, order], starts, axis=1))
