"""The records of `report.json` about objective metrics."""

from __future__ import annotations

from typing import Literal

from .base import Number, Record


class MetricFit(Record):
    """An objective metric against mean ratings.

    `level`: `item_system` takes every stimulus together; `within_item` the same after each item's
    mean was subtracted from both; `system` the means per system, refused below 6 systems.
    `pearson`, `spearman` and `kendall` are between the metric's values and the ratings, unturned:
    `expected_sign` is −1 for a metric whose lower values are better. `ci_low`/`ci_high` belong to
    `pearson`, the others to their namesakes (bootstrap over items); with fewer than 8 items they
    are null. `chance_level` is the |correlation| that n unrelated points exceed in 5 % of cases;
    `disattenuated` is Pearson's r divided by the noise ceiling of its level (beyond ±1 by chance).
    `rmse` and its companions are errors, in points, of a monotone mapping that was fitted without
    the item it predicts (at `item_system` only).
    """

    scale: str
    metric: str
    unit: str
    level: Literal["item_system", "within_item", "system"]
    roles: str
    expected_sign: int
    pearson: Number
    spearman: Number
    kendall: Number
    ci_low: Number
    ci_high: Number
    spearman_ci_low: Number
    spearman_ci_high: Number
    kendall_ci_low: Number
    kendall_ci_high: Number
    noise_ceiling: Number
    disattenuated: Number
    chance_level: Number
    rmse: Number
    rmse_star: Number
    outlier_ratio: Number
    rmse_constant: Number
    n: int
    n_items: int
    reason: str


class MetricDifference(Record):
    """Which of two metrics goes better with the ratings, reference and anchors left out.

    `difference` of Pearson's r, both turned so that + agrees, and `rmse_difference` of the errors
    (points) after the cross-validated mapping, on common stimuli; bootstrap over items; Holm over
    the pairs of a scale.
    """

    scale: str
    metric: str
    other: str
    difference: Number
    ci_low: Number
    ci_high: Number
    p: Number
    p_adjusted: Number
    n: int
    n_items: int
    rmse_difference: Number = None
    rmse_ci_low: Number = None
    rmse_ci_high: Number = None
    rmse_p: Number = None
    rmse_p_adjusted: Number = None


class MetricPoint(Record):
    """One item × system: the mean rating over participants, and a metric's value."""

    scale: str
    metric: str
    system: str
    item: str
    rating: float
    half_width: Number  # of the 95 % interval of `rating` over participants
    value: float
