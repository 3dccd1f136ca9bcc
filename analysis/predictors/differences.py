"""Does one metric go with the ratings better than another? Pairs of metrics on common stimuli.

Both are computed on the same stimuli, so their correlations with the ratings are not independent:
the difference is bootstrapped over items, both metrics with the same draws, in place of the z test
for independent samples of ITU-T P.1401 (01/2020) §7.6.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np

from ..arrays import Floats
from ..comparisons.multiplicity import p_adjusted
from ..records.metrics import MetricDifference, MetricPoint
from ..resampling import percentile_interval, tail_probability
from .correlation import item_weights, weighted_pearson

Rows = Mapping[tuple[str, str], MetricPoint]  # by system and item
Key = tuple[str, frozenset[tuple[str, str]]]


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
    known: dict[Key, tuple[float, Floats]] = {}

    def correlation(name: str, common: frozenset[tuple[str, str]]) -> tuple[float, Floats]:
        if (name, common) not in known:
            known[name, common] = _correlation(rows[name], common, signs[name], seed, draws)
        return known[name, common]

    found: list[dict[str, object]] = []
    for first, second in combinations(sorted(signs), 2):
        common = frozenset(rows[first]) & frozenset(rows[second])
        items = len({item for _, item in common})
        if items < fewest_items:
            continue
        (a, drawn_a), (b, drawn_b) = correlation(first, common), correlation(second, common)
        low, high = percentile_interval(drawn_a - drawn_b, alpha)
        found.append({"metric": first, "other": second, "difference": a - b, "ci_low": low,
                      "ci_high": high, "p": tail_probability(drawn_a - drawn_b),
                      "n": len(common), "n_items": items})  # fmt: skip
    adjusted = p_adjusted("holm", [float(str(row["p"])) for row in found])
    scale = points[0].scale if points else ""
    return [
        MetricDifference.model_validate(row | {"scale": scale, "p_adjusted": p})
        for row, p in zip(found, adjusted, strict=True)
    ]


def _correlation(
    rows: Rows, common: frozenset[tuple[str, str]], sign: int, seed: int, draws: int
) -> tuple[float, Floats]:
    """Pearson's r turned so that + agrees, and its draws."""
    chosen = [rows[key] for key in sorted(common)]
    x = np.array([point.value for point in chosen])
    y = np.array([point.rating for point in chosen])
    codes = np.unique([point.item for point in chosen], return_inverse=True)[1]
    value = float(weighted_pearson(x, y, np.ones((1, len(x))))[0])
    turn = sign or (1 if value >= 0 else -1)
    drawn = weighted_pearson(x, y, item_weights(codes, seed, draws))
    return value * turn, drawn * turn
