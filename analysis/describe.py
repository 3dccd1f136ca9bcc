"""What was answered: summary numbers, counts per category, participants' means."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from earwitness.stimuli.study import Study

from .cells import Cells
from .linear.minf import crossed_mean
from .records.report import CategoryCount, Descriptive, ParticipantMean, Scale

MOST_CATEGORIES = 11  # whole-number answers up to this many values are a category scale


def scale_of(name: str, values: pd.Series, study: Study | None) -> Scale:
    """The scale as the study defines it, or as its answers show it."""
    for scale in study.scales if study else ():
        if scale.id == name and values.between(1, scale.points).all():
            categories = [float(k) for k in range(1, scale.points + 1)]
            return Scale(id=name, question=scale.question, labels=list(scale.labels),
                         categories=categories, low=1.0, high=float(scale.points))  # fmt: skip
    low, high = float(values.min()), float(values.max())
    whole = bool(np.all(values == np.round(values)))
    if whole and high - low < MOST_CATEGORIES:
        categories = [float(k) for k in range(int(min(low, 1)), int(max(high, low + 1)) + 1)]
        categories = categories if len(categories) <= MOST_CATEGORIES else []
        if categories:
            return Scale(id=name, question=name, labels=[f"{c:g}" for c in categories],
                         categories=categories, low=categories[0],
                         high=categories[-1])  # fmt: skip
    low, high = (0.0, 100.0) if low >= 0 and 5 < high <= 100 else (low, max(high, low + 1))
    return Scale(id=name, question=name, labels=[], categories=[], low=low, high=high)


def descriptives(
    ratings: pd.DataFrame, cells: Cells, scale: str, roles: Mapping[str, str], alpha: float
) -> list[Descriptive]:
    """Per system: n, mean, SD, quartiles, and an interval of the mean over participants and items.

    Quartiles interpolate linearly between order statistics (type 7 of Hyndman & Fan 1996).
    """
    records = []
    for system in cells.systems:
        values = ratings.loc[ratings["system"] == system, "value"].to_numpy(dtype=float)
        if len(values) == 0:
            continue
        low, high = crossed_mean(cells.values[system]).interval(alpha)
        q1, median, q3 = np.quantile(values, [0.25, 0.5, 0.75])
        records.append(
            Descriptive(scale=scale, system=system, role=roles.get(system, ""), n=len(values),
                        mean=float(values.mean()),
                        sd=float(values.std(ddof=1)) if len(values) > 1 else None,
                        median=float(median), q1=float(q1), q3=float(q3),
                        ci_low=low, ci_high=high)
        )  # fmt: skip
    return records


def category_counts(ratings: pd.DataFrame, scale: Scale, cells: Cells) -> list[CategoryCount]:
    """Ratings per category and system; none for a continuous scale."""
    if not scale.categories:
        return []
    by_system = ratings.groupby("system")["value"]
    return [
        CategoryCount(scale=scale.id, system=system, counts=[int((values == c).sum())
                      for c in scale.categories])
        for system in cells.systems
        for values in [by_system.get_group(system)]
    ]  # fmt: skip


def participant_means(cells: Cells, scale: str) -> list[ParticipantMean]:
    """The raw points of the figures."""
    means = cells.participant_means()
    return [
        ParticipantMean(scale=scale, system=system, participant=participant, mean=float(mean))
        for column, system in enumerate(cells.systems)
        for participant, mean in zip(cells.participants, means[:, column], strict=True)
        if np.isfinite(mean)
    ]
