"""Scores → leaderboard: means, paired differences to the baseline, and what they allow to say.

Paired by item, clustered by group (DESIGN §4). Systems of role `reference` and `anchor` are marked
in `verdict`; they are never best and outside the Holm family.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from earwitness.stimuli.schema import LEADERBOARD, SET_ITEM, conform

from .uncertainty import MIN_GROUPS, Floats, bca_interval, group_sums, holm, sign_flip_p, smallest_p

ALPHA = 0.05
UNDECIDABLE = "undecidable_at_this_n"

Values = Mapping[str, float]  # item → value


@dataclass(frozen=True)
class Standing:
    """One row of the leaderboard."""

    system: str
    metric: str
    n: int
    mean: float | None = None
    ci_low: float | None = None
    ci_high: float | None = None
    baseline: str = ""
    difference: float | None = None
    difference_ci_low: float | None = None
    difference_ci_high: float | None = None
    p: float | None = None
    p_adjusted: float | None = None
    verdict: str = ""
    groups: int = 0
    smallest_p: float | None = None
    against_best: str = ""
    chance: float | None = None


def leaderboard(
    scores: pd.DataFrame, groups: Mapping[str, str], baselines: Mapping[str, str]
) -> pd.DataFrame:
    """The leaderboard of a run.

    Args:
        scores: a table `SCORES`; metrics and systems keep its order.
        groups: group of each item, different between datasets.
        baselines: baseline of each dataset; empty for none.

    Returns:
        A table `LEADERBOARD`: a row for each metric and each system that it applies to.
    """
    applicable = scores[(scores["status"] != "not_applicable") & (scores["item"] != SET_ITEM)]
    rows: list[Standing] = []
    for _, of_metric in applicable.groupby("metric", sort=False):
        systems = [frame for _, frame in of_metric.groupby("system", sort=False)]
        values = {frame["system"].iloc[0]: _values(frame) for frame in systems}
        family = [_standing(frame, values, groups, baselines) for frame in systems]
        rows += _decided(family, systems)
    frame = pd.DataFrame([vars(row) for row in rows], columns=LEADERBOARD.names)
    return conform(frame, LEADERBOARD)


def best(rows: pd.DataFrame, scores: pd.DataFrame) -> set[tuple[str, str]]:
    """The (system, metric) pairs with the best mean over the same datasets; ties are shared.

    Only models and baselines without a failed row: a mean over the easy items proves nothing.
    One alone is not the best of anything.
    """
    keys = ["system", "metric"]
    facts = with_datasets(scores).drop_duplicates(keys)[[*keys, "role", "direction", "datasets"]]
    failed = scores[scores["status"] == "failed"][keys].drop_duplicates().assign(failed=True)
    merged = rows[[*keys, "mean"]].merge(facts, on=keys).merge(failed, on=keys, how="left")
    ranked = merged[
        merged["failed"].isna()
        & merged["mean"].notna()
        & merged["role"].isin(["model", "baseline"])
        & merged["direction"].isin(["higher", "lower"])
    ]
    sign = ranked["direction"].map({"higher": 1.0, "lower": -1.0})
    goodness = ranked["mean"].astype(float) * sign.astype(float)
    rivals = goodness.groupby([ranked["metric"], ranked["datasets"]])
    winners = ranked[(goodness == rivals.transform("max")) & (rivals.transform("size") > 1)]
    return set(zip(winners["system"], winners["metric"], strict=True))


def with_datasets(scores: pd.DataFrame) -> pd.DataFrame:
    """Scores with a column `datasets`: all that the system was scored on, so that only systems that
    heard the same items are ranked."""
    joined = scores.groupby("system")["dataset"].agg(lambda names: "\n".join(sorted(set(names))))
    return scores.assign(datasets=scores["system"].map(joined))


def _values(frame: pd.DataFrame) -> Values:
    good = frame[frame["status"] == "ok"]
    return dict(zip(good["item"], good["value"].astype(float), strict=True))


def _standing(
    frame: pd.DataFrame,
    values: Mapping[str, Values],
    groups: Mapping[str, str],
    baselines: Mapping[str, str],
) -> Standing:
    """The row of one system, before the family is adjusted."""
    first = frame.iloc[0]
    own = values[first["system"]]
    row = Standing(first["system"], first["metric"], len(own))
    if own:
        mean, low, high = _estimate(own, groups)
        row = replace(row, mean=mean, ci_low=low, ci_high=high)
        count = len({groups[item] for item in own})
        row = replace(row, groups=count, smallest_p=smallest_p(count))
    named = {baselines.get(dataset, "") for dataset in frame["dataset"]}
    baseline = named.pop() if len(named) == 1 else ""
    if baseline not in values:
        return row
    row = replace(row, baseline=baseline)
    if baseline == row.system:
        return row
    return _compared(row, own, values[baseline], groups)


def _compared(row: Standing, own: Values, base: Values, groups: Mapping[str, str]) -> Standing:
    differences = {item: own[item] - base[item] for item in own if item in base}
    if not differences:
        return row
    difference, low, high = _estimate(differences, groups)
    row = replace(row, difference=difference, difference_ci_low=low, difference_ci_high=high)
    sums, _ = _sums(differences, groups)
    return replace(row, p=sign_flip_p(sums)) if len(sums) >= MIN_GROUPS else row


def _estimate(
    values: Values, groups: Mapping[str, str]
) -> tuple[float, float | None, float | None]:
    """Mean over items, with its interval where there are groups enough."""
    mean = float(np.mean(list(values.values())))
    sums, counts = _sums(values, groups)
    if len(sums) < MIN_GROUPS:
        return mean, None, None
    return mean, *bca_interval(sums, counts)


def _sums(values: Values, groups: Mapping[str, str]) -> tuple[Floats, Floats]:
    return group_sums(list(values.values()), [groups[item] for item in values])


def _decided(family: Sequence[Standing], systems: Iterable[pd.DataFrame]) -> list[Standing]:
    """The rows with adjusted p (models and baselines only) and verdicts."""
    about = [frame.iloc[0] for frame in systems]
    ranked = [place for place, first in enumerate(about) if first["role"] in ("model", "baseline")]
    tested = [place for place in ranked if family[place].p is not None]
    adjusted = holm([family[place].p or 0.0 for place in tested])
    rows = list(family)
    for place, p in zip(tested, adjusted, strict=True):
        rows[place] = replace(rows[place], p_adjusted=p)
    return [
        replace(row, verdict=_verdict(row, first["role"], first["direction"]))
        for row, first in zip(rows, about, strict=True)
    ]


def _verdict(row: Standing, role: str, direction: str) -> str:
    """The finding in one word; against the baseline unless it says otherwise."""
    if role in ("reference", "anchor"):
        return role
    if row.n == 0:
        return "failed"
    if row.system == row.baseline:
        return "baseline"
    if row.difference is None:
        return "no_baseline"
    if row.p_adjusted is None:
        return UNDECIDABLE
    if row.p_adjusted >= ALPHA:
        return "not_distinguishable"
    if not direction:
        return "higher" if row.difference > 0 else "lower"
    return "better" if (row.difference > 0) == (direction == "higher") else "worse"
