"""Does one metric go with the ratings better than another? Pairs of metrics on common stimuli.

Both are computed on the same stimuli, so their correlations with the ratings and their errors are
not independent: the differences are bootstrapped over items, both metrics with the same draws, in
place of the tests for independent samples of ITU-T P.1401 (01/2020) §7.6.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from ..arrays import Floats
from ..comparisons.multiplicity import p_adjusted
from ..records.metrics import MetricDifference, MetricPoint
from ..resampling import percentile_interval, tail_probability
from .correlation import item_weights, weighted_pearson
from .prediction import mapped_errors

Rows = Mapping[tuple[str, str], MetricPoint]  # by system and item
Common = frozenset[tuple[str, str]]


@dataclass(frozen=True)
class _Fit:
    """A metric on a set of stimuli: each number with its draws over items."""

    correlation: float  # turned so that + agrees
    drawn_correlations: Floats
    rmse: float
    drawn_rmse: Floats


def metric_differences(
    points: Sequence[MetricPoint], signs: Mapping[str, int], fewest_items: int, alpha: float,
    seed: int, draws: int,
) -> list[MetricDifference]:  # fmt: skip
    """Every pair of metrics, with Holm over the pairs; none where items are too few.

    Args:
        points: of one scale and one set of systems.
        signs: of the metrics to compare: −1 where lower is better, 0 if neither.
        fewest_items: that a pair must have in common.
        alpha: 1 − level of the intervals.
        seed: of the bootstrap.
        draws: of it.
    """
    rows: dict[str, dict[tuple[str, str], MetricPoint]] = {name: {} for name in signs}
    for point in points:
        if point.metric in rows:
            rows[point.metric][point.system, point.item] = point
    known: dict[tuple[str, Common], _Fit] = {}

    def fit(name: str, common: Common) -> _Fit:
        if (name, common) not in known:
            known[name, common] = _fit(rows[name], common, signs[name], seed, draws)
        return known[name, common]

    found: list[dict[str, object]] = []
    for first, second in combinations(sorted(signs), 2):
        common = frozenset(rows[first]) & frozenset(rows[second])
        items = len({item for _, item in common})
        if items < fewest_items:
            continue
        found.append(
            {"metric": first, "other": second, "n": len(common), "n_items": items}
            | _difference(fit(first, common), fit(second, common), alpha)
        )
    adjusted = p_adjusted("holm", [float(str(row["p"])) for row in found])
    errors = p_adjusted("holm", [float(str(row["rmse_p"])) for row in found])
    scale = points[0].scale if points else ""
    return [
        MetricDifference.model_validate(
            row | {"scale": scale, "p_adjusted": p, "rmse_p_adjusted": p_error}
        )
        for row, p, p_error in zip(found, adjusted, errors, strict=True)
    ]


def _difference(first: _Fit, second: _Fit, alpha: float) -> dict[str, object]:
    drawn = first.drawn_correlations - second.drawn_correlations
    errors = first.drawn_rmse - second.drawn_rmse
    (low, high), (error_low, error_high) = (
        percentile_interval(draws, alpha) for draws in (drawn, errors)
    )
    return {
        "difference": first.correlation - second.correlation, "ci_low": low, "ci_high": high,
        "p": tail_probability(drawn), "rmse_difference": first.rmse - second.rmse,
        "rmse_ci_low": error_low, "rmse_ci_high": error_high, "rmse_p": tail_probability(errors),
    }  # fmt: skip


def _fit(rows: Rows, common: Common, sign: int, seed: int, draws: int) -> _Fit:
    """Pearson's r turned so that + agrees and the rmse of the mapping, with their draws."""
    chosen = [rows[key] for key in sorted(common)]
    x = np.array([point.value for point in chosen])
    y = np.array([point.rating for point in chosen])
    codes = np.unique([point.item for point in chosen], return_inverse=True)[1]
    value = float(weighted_pearson(x, y, np.ones((1, len(x))))[0])
    turn = sign or (1 if value >= 0 else -1)
    weights = item_weights(codes, seed, draws)
    squared = mapped_errors(x, y, codes, sign) ** 2
    return _Fit(
        value * turn, weighted_pearson(x, y, weights) * turn, float(np.sqrt(squared.mean())),
        np.sqrt(weights @ squared / weights.sum(axis=1)),
    )  # fmt: skip
