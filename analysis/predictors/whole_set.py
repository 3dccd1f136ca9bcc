"""Each system's mean over all scored items, for the metric that the plan names."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from ..arrays import Floats
from ..cells import Cells
from ..records.whole_set import PoweredMeanRecord
from .prediction_powered import powered_mean, proven_from


def whole_set_means(
    cells: Cells, scale: str, scores: pd.DataFrame | None, metric: str, alpha: float,
    apart: Sequence[str] = (),
) -> list[PoweredMeanRecord]:  # fmt: skip
    """One record per system; empty where the plan names no metric.

    Args:
        cells: ratings of the representative items.
        scale: their scale.
        scores: of all items, as `score_table` gives them.
        metric: named by the plan before the data.
        alpha: 1 − level.
        apart: items that were not drawn like the others and count nowhere.
    """
    if not metric:
        return []
    known = scores if scores is not None else pd.DataFrame(columns=["metric", "system", "item"])
    mine = known[(known["metric"] == metric) & ~known["item"].isin(apart)]
    return [_record(cells, scale, system, metric, mine, alpha) for system in cells.systems]


def _record(
    cells: Cells, scale: str, system: str, metric: str, scores: pd.DataFrame, alpha: float
) -> PoweredMeanRecord:
    own = scores[scores["system"] == system].dropna(subset=["value"])
    values = dict(zip(own["item"].astype(str), own["value"].astype(float), strict=True))
    columns = [k for k, item in enumerate(cells.items) if item in values]
    ratings = cells.values[system][:, columns]
    ratings = ratings[~np.isnan(ratings).any(axis=1)]
    rated = _values(values, [cells.items[k] for k in columns])
    unrated = _values(values, [item for item in values if item not in cells.items])
    base = PoweredMeanRecord(
        scale=scale, system=system, metric=metric, rated_items=len(rated),
        unrated_items=len(unrated), estimate=None, se=None, df=None, ci_low=None, ci_high=None,
        plain=None, extra_items=None, reason=_why_not(ratings, rated, unrated),
    )  # fmt: skip
    found = None if base.reason else powered_mean(ratings, rated, unrated)
    if found is None:
        return base
    low, high = found.interval(alpha)
    return base.model_copy(
        update={
            "estimate": found.estimate, "se": found.se, "df": found.df, "ci_low": low,
            "ci_high": high, "plain": found.plain, "extra_items": found.extra_items,
        }
    )  # fmt: skip


def _values(values: dict[str, float], items: Sequence[str]) -> Floats:
    return np.array([values[item] for item in items], dtype=float)


def _why_not(ratings: Floats, rated: Floats, unrated: Floats) -> str:
    fewest = proven_from()
    if not len(rated):
        return "the metric has no score of a rated item of this system"
    if fewest is None or len(rated) < fewest:
        return (
            f"{len(rated)} rated items: the coverage of these intervals is "
            + ("not proven" if fewest is None else f"proven from {fewest} on")
        )  # fmt: skip
    if len(unrated) < 2:
        return "the metric has no further items than the rated ones"
    if len(ratings) < 2:
        return "fewer than two participants rated all these items"
    if np.ptp(rated) == 0:
        return "the metric is the same on all rated items"
    return ""
