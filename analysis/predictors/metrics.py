"""Which objective metric goes with the ratings: every metric against the mean rating per stimulus.

The headline leaves out reference and anchors: they are extreme by design and would make any
metric look good. A row over all roles stands beside it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from ..arrays import Floats
from ..cells import Cells
from ..records.metrics import MetricDifference, MetricFit, MetricPoint
from ..resampling import percentile_interval
from .correlation import (
    chance_level,
    item_weights,
    noise_ceiling,
    weighted_kendall,
    weighted_pearson,
    weighted_spearman,
)
from .differences import metric_differences
from .prediction import predict

HEADLINE = "model,baseline"
EXTREME_ROLES = ("reference", "anchor")
FEWEST_POINTS = 6
FEWEST_ITEMS = 3
FEWEST_SYSTEMS = 6  # below it a correlation between systems is refused
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
        for row in ordered[["metric", "system", "item", "rating", "half_width", "value"]].to_dict(
            "records"
        )
    ]


def _mean_ratings(cells: Cells) -> pd.DataFrame:
    rows = []
    for system, matrix in cells.values.items():
        counts = np.sum(~np.isnan(matrix), axis=0)
        means = np.nansum(matrix, axis=0) / np.maximum(counts, 1)
        squares = np.nansum((matrix - means) ** 2, axis=0)
        for item, mean, square, n in zip(cells.items, means, squares, counts, strict=True):
            if n:
                width = _half_width(square, int(n))
                rows.append((system, item, float(mean), width))
    return pd.DataFrame(rows, columns=["system", "item", "rating", "half_width"])


def _half_width(square: float, n: int) -> float:
    """Half the 95 % interval of a mean of n ratings with this sum of squares."""
    if n < 2:
        return np.nan
    return float(stats.t.ppf(0.975, n - 1) * np.sqrt(square / (n - 1) / n))


def metric_fits(
    cells: Cells,
    scale: str,
    points: Sequence[MetricPoint],
    scores: pd.DataFrame,
    roles: Mapping[str, str],
    alpha: float,
    seed: int,
) -> list[MetricFit]:
    """One record per level, set of roles and metric that was tried on a rated stimulus."""
    rated = scores["system"].isin(cells.systems) & scores["item"].isin(cells.items)
    tried = scores[rated]
    facts = tried.drop_duplicates("metric").set_index("metric")
    records = []
    for label, systems in role_groups(cells.systems, roles):
        tables = _tables(cells, systems)
        ceilings = {level: noise_ceiling(table, seed) for level, table in tables.items()}
        for level, ceiling in ceilings.items():
            for metric in sorted(facts.index):
                chosen = [p for p in points if p.metric == metric and p.system in systems]
                failure = "" if chosen else _why_no_value(tried[tried["metric"] == metric])
                sign = _sign(str(facts.at[metric, "direction"]))
                records.append(
                    MetricFit.model_validate(
                        dict.fromkeys(_NUMBERS)
                        | {"scale": scale, "metric": metric, "unit": facts.at[metric, "unit"],
                           "level": level, "roles": label, "noise_ceiling": ceiling,
                           "expected_sign": sign}
                        | (_refused(failure, 0, 0) if failure
                           else _fit(level, chosen, sign, ceiling, alpha, seed))
                    )
                )  # fmt: skip
    return records


def role_groups(systems: Sequence[str], roles: Mapping[str, str]) -> list[tuple[str, list[str]]]:
    """The headline (without reference and anchors) first, then all; only all where none is one.

    A system without a role counts as a model.
    """
    fair = [system for system in systems if roles.get(system, "") not in EXTREME_ROLES]
    groups = [("all", list(systems))]
    if fair and len(fair) < len(systems):
        groups.insert(0, (HEADLINE, fair))
    return groups


def differences(
    points: Sequence[MetricPoint], fits: Sequence[MetricFit], systems: Sequence[str],
    alpha: float, seed: int,
) -> list[MetricDifference]:  # fmt: skip
    """Pairs of metrics that have a correlation without reference and anchors."""
    first = [fit for fit in fits if fit.level == "item_system" and not fit.reason]
    signs = {fit.metric: fit.expected_sign for fit in first if fit.roles == fits[0].roles}
    chosen = [point for point in points if point.system in systems]
    return metric_differences(chosen, signs, FEWEST_ITEMS_FOR_INTERVAL, alpha, seed, DRAWS)


def _tables(cells: Cells, systems: Sequence[str]) -> dict[str, Floats]:
    """Participant × unit ratings of each level, for its noise ceiling."""
    stack = np.stack([cells.values[system] for system in systems])  # system × participant × item
    counts = np.sum(~np.isnan(stack), axis=0)
    own = np.nansum(stack, axis=0) / np.maximum(counts, 1)
    centred = np.where(counts > 1, stack - own, np.nan)
    columns = [cells.systems.index(system) for system in systems]
    return {
        "item_system": np.concatenate(list(stack), axis=1),
        "within_item": np.concatenate(list(centred), axis=1),
        "system": cells.participant_means()[:, columns],
    }


def _sign(direction: str) -> int:
    return {"higher": 1, "lower": -1}.get(direction, 0)


_NUMBERS = (
    "pearson", "spearman", "kendall", "ci_low", "ci_high", "spearman_ci_low", "spearman_ci_high",
    "kendall_ci_low", "kendall_ci_high", "disattenuated", "chance_level", "rmse", "rmse_star",
    "outlier_ratio", "rmse_constant",
)  # fmt: skip


def _fit(
    level: str, points: Sequence[MetricPoint], sign: int, ceiling: float, alpha: float, seed: int
) -> dict[str, object]:
    x = np.array([p.value for p in points], dtype=float)
    y = np.array([p.rating for p in points], dtype=float)
    items, codes = np.unique([p.item for p in points], return_inverse=True)
    if level == "system":
        return _between_systems(points, ceiling)
    freedom = len(x)
    predicted = {}
    if level == "within_item":
        x, y = _centred(x, codes), _centred(y, codes)
        freedom = len(x) - len(items) + 1
    reason = _refusal(x, y, len(items))
    if reason:
        return _refused(reason, len(x), len(items))
    if level == "item_system":
        width = np.array([np.nan if p.half_width is None else p.half_width for p in points])
        predicted = asdict(predict(x, y, width, codes, sign))
    return _correlations(x, y, codes, len(items), alpha, seed) | predicted | {
        "disattenuated": _disattenuated(x, y, ceiling), "chance_level": chance_level(freedom),
        "n": len(x), "n_items": len(items), "reason": "",
    }  # fmt: skip


def _correlations(
    x: Floats, y: Floats, codes: NDArray[np.intp], items: int, alpha: float, seed: int
) -> dict[str, object]:
    """Three coefficients, with intervals over items where these are enough."""
    once = np.ones((1, len(x)))
    found: dict[str, object] = {}
    weights = item_weights(codes, seed, DRAWS) if items >= FEWEST_ITEMS_FOR_INTERVAL else None
    for name, prefix, function in (
        ("pearson", "", weighted_pearson),
        ("spearman", "spearman_", weighted_spearman),
        ("kendall", "kendall_", weighted_kendall),
    ):
        found[name] = function(x, y, once)[0]
        if weights is not None:
            low, high = percentile_interval(function(x, y, weights), alpha)
            found |= {f"{prefix}ci_low": low, f"{prefix}ci_high": high}
    return found


def _between_systems(points: Sequence[MetricPoint], ceiling: float) -> dict[str, object]:
    """Means per system; no interval, since its sample would be the systems."""
    systems, codes = np.unique([p.system for p in points], return_inverse=True)
    counts = np.bincount(codes)
    x = np.bincount(codes, [p.value for p in points]) / counts
    y = np.bincount(codes, [p.rating for p in points]) / counts
    items = len({p.item for p in points})
    if len(systems) < FEWEST_SYSTEMS:
        reason = f"{len(systems)} systems: at least {FEWEST_SYSTEMS} are needed"
        return _refused(reason, len(systems), items)
    reason = _refusal(x, y, FEWEST_ITEMS)
    if reason:
        return _refused(reason, len(systems), items)
    once = np.ones((1, len(x)))
    return {
        "pearson": weighted_pearson(x, y, once)[0], "spearman": weighted_spearman(x, y, once)[0],
        "kendall": weighted_kendall(x, y, once)[0], "chance_level": chance_level(len(x)),
        "disattenuated": _disattenuated(x, y, ceiling), "n": len(systems), "n_items": items,
        "reason": "",
    }  # fmt: skip


def _centred(values: Floats, codes: NDArray[np.intp]) -> Floats:
    return np.asarray(values - (np.bincount(codes, values) / np.bincount(codes))[codes])


def _disattenuated(x: Floats, y: Floats, ceiling: float) -> float:
    """What a metric would reach if the mean ratings had no noise (Spearman 1904)."""
    if not ceiling > 0:
        return np.nan
    return float(weighted_pearson(x, y, np.ones((1, len(x))))[0]) / ceiling


def _refused(reason: str, n: int, n_items: int) -> dict[str, object]:
    """The fields of a record without numbers."""
    return {"n": n, "n_items": n_items, "reason": reason}


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
