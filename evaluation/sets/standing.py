"""Set-level scores as rows of the run's tables: `SCORES` and `LEADERBOARD`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from statistics import fmean

import pandas as pd

from earwitness.stimuli.schema import LEADERBOARD, SET_ITEM, conform

from ..leaderboard import Standing
from ..plan import Job
from .blocks import jackknife_interval
from .metrics import SetMetric
from .scores import SetScore, SetScores

# One number for a whole set has no values of items that a permutation test could flip.
NO_TEST = "no_test_of_sets"

OfSystem = Mapping[str, SetScore]  # dataset → score


def set_rows(
    jobs: Iterable[Job], metrics: Sequence[SetMetric], scores: SetScores
) -> list[dict[str, object]]:
    """A row of `SCORES` for each system, dataset and metric of whole sets."""
    sets = {(job.model.name, job.state.dataset.name): job for job in jobs if job.state.is_scored}
    return [
        _row(job, metric, scores.sets[system, dataset, metric.facts.id])
        for (system, dataset), job in sets.items()
        for metric in metrics
        if metric.facts.needs == "set"
    ]


def _row(job: Job, metric: SetMetric, score: SetScore) -> dict[str, object]:
    outcome = score.outcome
    return {
        "system": job.model.name,
        "role": job.model.file.role,
        "task": job.state.dataset.task,
        "dataset": job.state.dataset.name,
        "item": SET_ITEM,
        "metric": metric.facts.id,
        "value": outcome.value,
        "unit": metric.facts.unit,
        "direction": metric.facts.direction,
        "status": outcome.status,
        "reason": outcome.reason,
        "seconds": outcome.seconds,
        "items": score.items,
        "embeddings": score.embeddings,
        "dimensions": score.dimensions,
        "rank": score.rank,
        "ci_low": score.ci_low,
        "ci_high": score.ci_high,
    }


def with_sets(
    board: pd.DataFrame,
    table: pd.DataFrame,
    scores: SetScores,
    groups: Mapping[str, str],
    baselines: Mapping[str, str],
) -> pd.DataFrame:
    """`board` with a row for each system and metric of whole sets that applies to it.

    Over several datasets the mean of their values, without interval.

    Args:
        board: table `LEADERBOARD`.
        table: table `SCORES`.
        scores: of sets.
        groups: group of each item, different between datasets.
        baselines: baseline of each dataset; empty for none.
    """
    shown = table[(table["item"] == SET_ITEM) & (table["status"] != "not_applicable")]
    rows = []
    for metric, of_metric in shown.groupby("metric", sort=False):
        values = {
            str(system): {
                str(dataset): scores.sets[str(system), str(dataset), str(metric)]
                for dataset in frame["dataset"]
            }
            for system, frame in of_metric.groupby("system", sort=False)
        }
        roles = dict(zip(of_metric["system"], of_metric["role"], strict=True))
        for system, own in values.items():
            row = _standing(system, str(metric), own, values, baselines)
            known = {groups[item] for item in _items(table, system, [*own])}
            rows.append(replace(row, groups=len(known), verdict=_verdict(row, roles[system])))
    more = conform(
        pd.DataFrame([vars(row) for row in rows], columns=LEADERBOARD.names), LEADERBOARD
    )
    return pd.concat([board, more], ignore_index=True) if rows else board


def _items(table: pd.DataFrame, system: str, datasets: Sequence[str]) -> list[str]:
    own = (table["system"] == system) & table["dataset"].isin(datasets)
    return [str(item) for item in table[own]["item"].unique() if item != SET_ITEM]


def _standing(
    system: str,
    metric: str,
    own: OfSystem,
    values: Mapping[str, OfSystem],
    baselines: Mapping[str, str],
) -> Standing:
    scores = list(own.values())
    row = Standing(system, metric, sum(score.items for score in scores))
    if any(score.outcome.value is None for score in scores):
        return replace(row, n=0)
    row = replace(row, mean=_mean(own))
    if len(scores) == 1:
        row = replace(row, ci_low=scores[0].ci_low, ci_high=scores[0].ci_high)
    named = {baselines.get(dataset, "") for dataset in own}
    baseline = named.pop() if len(named) == 1 else ""
    other = values.get(baseline)
    if other is None:
        return row
    row = replace(row, baseline=baseline)
    if baseline == system or any(score.outcome.value is None for score in other.values()):
        return row
    return _compared(row, own, other)


def _compared(row: Standing, own: OfSystem, base: OfSystem) -> Standing:
    """`row` with the difference to the baseline on the same datasets."""
    common = {dataset: base[dataset] for dataset in own if dataset in base}
    if len(common) < len(own):
        return row
    difference = _mean(own) - _mean(common)
    row = replace(row, difference=difference)
    [(mine, its), *more] = [(own[dataset], common[dataset]) for dataset in own]
    if more or not len(mine.replicates) == len(its.replicates) > 0:
        return row
    replicates = [a - b for a, b in zip(mine.replicates, its.replicates, strict=True)]
    # Bounds of the values exist exactly where there are groups enough.
    low, high = (
        (None, None)
        if mine.ci_low is None
        else jackknife_interval(difference, replicates, len(replicates))
    )
    return replace(row, difference_ci_low=low, difference_ci_high=high)


def _mean(scores: OfSystem) -> float:
    return fmean(
        score.outcome.value for score in scores.values() if score.outcome.value is not None
    )


def _verdict(row: Standing, role: str) -> str:
    if role in ("reference", "anchor"):
        return role
    if row.n == 0:
        return "failed"
    if row.system == row.baseline:
        return "baseline"
    return NO_TEST if row.difference is not None else "no_baseline"
