"""Which objective metric goes with the ratings: every metric against the mean rating per stimulus.

The headline leaves out reference and anchors: they are extreme by design and would make any
metric look good. A row over all roles stands beside it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from .cells import Cells
from .correlation import (
    chance_level,
    item_weights,
    noise_ceiling,
    weighted_pearson,
    weighted_spearman,
)
from .records import MetricFit, MetricPoint
from .reml import Floats
from .resampling import percentile_interval

HEADLINE_ROLES = ("model", "baseline")
FEWEST_POINTS = 6
FEWEST_ITEMS = 3
FEWEST_ITEMS_FOR_INTERVAL = 8  # as for the leaderboard: below it, points only (DESIGN §4)
DRAWS = 1000


def metric_points(cells: Cells, scale: str, scores: pd.DataFrame) -> list[MetricPoint]:
    """Every scored item × system that was rated."""
    ratings = _mean_ratings(cells)
    joined = scores.dropna(subset=["value"]).merge(ratings, on=["system", "item"], how="inner")
    joined = joined.drop_duplicates(["metric", "system", "item"])
    ordered = joined.sort_values(["metric", "system", "item"])
    return [
        MetricPoint.model_validate({"scale": scale, **row})
        for row in ordered[["metric", "system", "item", "rating", "value"]].to_dict("records")
    ]


def _mean_ratings(cells: Cells) -> pd.DataFrame:
    rows = []
    for system, matrix in cells.values.items():
        counts = np.sum(~np.isnan(matrix), axis=0)
        for item, total, count in zip(cells.items, np.nansum(matrix, axis=0), counts, strict=True):
            if count:
                rows.append((system, item, float(total / count)))
    return pd.DataFrame(rows, columns=["system", "item", "rating"])


def metric_fits(
    cells: Cells,
    scale: str,
    points: Sequence[MetricPoint],
    scores: pd.DataFrame,
    roles: Mapping[str, str],
    alpha: float,
    seed: int,
) -> list[MetricFit]:
    """One record per set of roles and metric that was tried on a rated stimulus."""
    rated = scores["system"].isin(cells.systems) & scores["item"].isin(cells.items)
    tried = scores[rated]
    facts = tried.drop_duplicates("metric").set_index("metric")
    named = [system for system in cells.systems if roles.get(system, "") in HEADLINE_ROLES]
    groups = [("all", list(cells.systems))]
    if named and len(named) < len(cells.systems):
        groups.insert(0, (",".join(HEADLINE_ROLES), named))
    records = []
    for label, systems in groups:
        stimuli = np.concatenate([cells.values[system] for system in systems], axis=1)
        ceiling = noise_ceiling(stimuli, seed)
        for metric in sorted(facts.index):
            chosen = [p for p in points if p.metric == metric and p.system in systems]
            failure = "" if chosen else _why_no_value(tried[tried["metric"] == metric])
            records.append(
                MetricFit.model_validate(
                    {"scale": scale, "metric": metric, "unit": facts.at[metric, "unit"],
                     "level": "item_system", "roles": label, "noise_ceiling": ceiling,
                     "expected_sign": _sign(str(facts.at[metric, "direction"]))}
                    | (_refused(failure, 0, 0) if failure else _fit(chosen, alpha, seed))
                )
            )  # fmt: skip
    return records


def _sign(direction: str) -> int:
    return {"higher": 1, "lower": -1}.get(direction, 0)


def _fit(points: Sequence[MetricPoint], alpha: float, seed: int) -> dict[str, object]:
    x = np.array([p.value for p in points], dtype=float)
    y = np.array([p.rating for p in points], dtype=float)
    items, codes = np.unique([p.item for p in points], return_inverse=True)
    reason = _refusal(x, y, len(items))
    if reason:
        return _refused(reason, len(x), len(items))
    once = np.ones((1, len(x)))
    low = high = rank_low = rank_high = np.nan
    if len(items) >= FEWEST_ITEMS_FOR_INTERVAL:
        weights = item_weights(codes, seed, DRAWS)
        low, high = percentile_interval(weighted_pearson(x, y, weights), alpha)
        rank_low, rank_high = percentile_interval(weighted_spearman(x, y, weights), alpha)
    return {
        "pearson": weighted_pearson(x, y, once)[0], "spearman": weighted_spearman(x, y, once)[0],
        "ci_low": low, "ci_high": high, "spearman_ci_low": rank_low, "spearman_ci_high": rank_high,
        "chance_level": chance_level(len(x)), "n": len(x), "n_items": len(items), "reason": "",
    }  # fmt: skip


def _refused(reason: str, n: int, n_items: int) -> dict[str, object]:
    """The fields of a record without numbers."""
    empty = ("pearson", "spearman", "ci_low", "ci_high", "spearman_ci_low", "spearman_ci_high",
             "chance_level")  # fmt: skip
    return dict.fromkeys(empty) | {"n": n, "n_items": n_items, "reason": reason}


def _why_no_value(rows: pd.DataFrame) -> str:
    """Why a metric has no score on any rated stimulus: its status and most frequent reason."""
    missing = rows[rows["value"].isna()]
    if missing.empty:
        return ""
    reason = str(missing["reason"].mode().iloc[0])
    status = str(missing["status"].mode().iloc[0]).replace("_", " ")
    return f"{status}: {reason}" if reason else status or "no value"


def _refusal(x: Floats, y: Floats, items: int) -> str:
    """Why no correlation is given; empty when it is."""
    if len(x) < FEWEST_POINTS:
        return f"{len(x)} scored and rated stimuli: at least {FEWEST_POINTS} are needed"
    if items < FEWEST_ITEMS:
        return f"{items} item(s): at least {FEWEST_ITEMS} are needed"
    if np.ptp(x) <= 1e-9 * max(1.0, float(np.abs(x).max())):
        return "the metric has one value for all stimuli"
    if np.ptp(y) <= 1e-9:
        return "all stimuli were rated alike"
    return ""
