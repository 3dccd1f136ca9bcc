"""How the test went: single stimuli, learning and fatigue over the trials, time and listening."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

from .arrays import Floats
from .cells import Cells
from .linear.minf import t_interval, t_test
from .records.course import ItemEffect, Listening, StimulusMean, Trend, TrialPosition, TrialTime

FEWEST_TRIALS = 4  # that a participant's own slope needs
FEWEST_SLOPES = 3  # participants with a slope
LONGEST_S = 3600.0  # a page left open longer was a pause, not work


def stimulus_means(cells: Cells, scale: str, alpha: float) -> list[StimulusMean]:
    """Every item × system that was rated."""
    records = []
    for system, matrix in cells.values.items():
        counts = np.sum(~np.isnan(matrix), axis=0)
        for k, item in enumerate(cells.items):
            if counts[k]:
                mean, low, high = _mean(matrix[:, k], alpha)
                records.append(
                    StimulusMean(scale=scale, item=item, system=system, n=int(counts[k]),
                                 mean=mean, ci_low=low, ci_high=high)
                )  # fmt: skip
    return records


def item_effects(cells: Cells, scale: str, alpha: float) -> list[ItemEffect]:
    """Every item beside the others; none with a single one."""
    if len(cells.items) < 2:
        return []
    stack = np.stack([m - np.nanmean(m) for m in cells.values.values() if not np.isnan(m).all()])
    records = []
    for k, item in enumerate(cells.items):
        own = stack[:, :, k]
        seen = ~np.isnan(own)
        people = seen.any(axis=0)
        means = np.nansum(own[:, people], axis=0) / seen[:, people].sum(axis=0)
        mean, low, high = _mean(means, alpha)
        records.append(ItemEffect(scale=scale, item=item, n=int(seen.sum()), deviation=mean,
                                  ci_low=low, ci_high=high))  # fmt: skip
    return records


def positions(ratings: pd.DataFrame, scale: str, alpha: float) -> list[TrialPosition]:
    """Deviations from the stimulus means by position; none where the trials have no order."""
    frame = _deviations(ratings)
    if frame.empty:
        return []
    records = []
    for position, rows in frame.groupby("position"):
        own = rows.groupby("participant")["deviation"].mean().to_numpy()
        mean, low, high = _mean(own, alpha)
        records.append(
            TrialPosition(scale=scale, position=int(str(position)), n=len(rows), deviation=mean,
                          ci_low=low, ci_high=high, spread=float(rows["spread"].mean()))
        )  # fmt: skip
    return records


def rating_trends(ratings: pd.DataFrame, scale: str, alpha: float) -> list[Trend]:
    """Do ratings, or their spread, change over the test?"""
    frame = _deviations(ratings)
    if frame.empty:
        return []
    found = [
        ("rating", _slopes(frame, "deviation")),
        ("spread", _slopes(frame, "spread")),
    ]
    return [_trend(scale, name, slopes, alpha) for name, slopes in found if len(slopes)]


def _deviations(ratings: pd.DataFrame) -> pd.DataFrame:
    """participant, position (from 1, over what is analysed), deviation and its absolute value.

    Stimulus means come from the other participants alone, so that nobody is compared with
    themself; then each participant's own mean deviation is taken off.
    """
    placed = _placed(ratings)
    if placed.empty:
        return placed
    stimulus = placed.groupby(["item", "system"])["value"]
    total, count = stimulus.transform("sum"), stimulus.transform("count")
    own = placed.groupby(["item", "system", "participant"])["value"]
    others = count - own.transform("count")
    placed = placed[others > 0]
    rest = (total - own.transform("sum"))[others > 0] / others[others > 0]
    deviation = placed["value"] - rest
    centred = deviation - deviation.groupby(placed["participant"]).transform("mean")
    return placed.assign(deviation=centred, spread=centred.abs())


def _placed(ratings: pd.DataFrame) -> pd.DataFrame:
    """The ratings with `position`: the rank of their trial among the participant's own."""
    if "trial" not in ratings:
        return ratings.iloc[:0]
    trial = pd.to_numeric(ratings["trial"], errors="coerce")
    known = ratings[trial.notna()]
    rank = trial[trial.notna()].groupby(known["participant"]).rank(method="dense")
    placed = known.assign(position=rank.astype(int))
    return placed if len(placed) and placed["position"].max() >= FEWEST_TRIALS else placed.iloc[:0]


def times(ratings: pd.DataFrame, alpha: float) -> tuple[list[TrialTime], list[Trend]]:
    """Seconds per trial by position, and their trend; none without both times and an order."""
    placed = _placed(ratings) if {"presented_at", "answered_at"} <= set(ratings) else None
    if placed is None or placed.empty:
        return [], []
    stamps = placed.assign(
        start=pd.to_datetime(placed["presented_at"], errors="coerce", utc=True, format="ISO8601"),
        end=pd.to_datetime(placed["answered_at"], errors="coerce", utc=True, format="ISO8601"),
    )
    pages = stamps.groupby(["participant", "position"]).agg(start=("start", "min"),
                                                            end=("end", "max"))  # fmt: skip
    worked = (pages["end"] - pages["start"]).dt.total_seconds()
    worked = worked[(worked > 0) & (worked <= LONGEST_S)]
    seconds = worked.rename("seconds").reset_index()
    records = []
    for position, rows in seconds.groupby("position")["seconds"]:
        q1, median, q3 = np.quantile(rows, [0.25, 0.5, 0.75])
        records.append(TrialTime(position=int(str(position)), n=len(rows), seconds=float(median),
                                 q1=float(q1), q3=float(q3)))  # fmt: skip
    slopes = _slopes(seconds, "seconds") if len(seconds) else np.empty(0)
    return records, [_trend("", "seconds", slopes, alpha)] if len(slopes) else []


def minutes(ratings: pd.DataFrame) -> float | None:
    """Median over the participants of the minutes from the first page to the last answer."""
    if not {"presented_at", "answered_at"} <= set(ratings):
        return None
    start, end = (
        pd.to_datetime(ratings[name], errors="coerce", utc=True, format="ISO8601").groupby(
            ratings["participant"]
        )
        for name in ("presented_at", "answered_at")
    )
    spent = (end.max() - start.min()).dt.total_seconds() / 60
    spent = spent[spent > 0]
    return float(spent.median()) if len(spent) else None


def listening(ratings: pd.DataFrame, systems: tuple[str, ...]) -> list[Listening]:
    """Per system, over its versions: the last count of each before it was left."""
    if "listened_s" not in ratings:
        return []
    heard = ratings.assign(
        listened_s=pd.to_numeric(ratings["listened_s"], errors="coerce"),
        plays=pd.to_numeric(ratings["plays"], errors="coerce") if "plays" in ratings else np.nan,
    )
    one = ["participant", "item", "system"]
    versions = heard.dropna(subset="listened_s").groupby(one)[["listened_s", "plays"]].max()
    records = []
    for system in systems:
        mine = versions[versions.index.get_level_values("system") == system]
        if len(mine):
            q1, median, q3 = np.quantile(mine["listened_s"], [0.25, 0.5, 0.75])
            records.append(
                Listening(system=system, n=len(mine), listened_s=float(median), q1=float(q1),
                          q3=float(q3), plays=float(mine["plays"].mean()))
            )  # fmt: skip
    return records


def _slopes(frame: pd.DataFrame, column: str) -> Floats:
    """Least-squares slope on position of each participant with enough trials."""
    own = frame.groupby(["participant", "position"])[column].mean().reset_index()
    found = [
        float(np.polyfit(rows["position"], rows[column], 1)[0])
        for _, rows in own.groupby("participant")
        if len(rows) >= FEWEST_TRIALS
    ]
    return np.array(found) if len(found) >= FEWEST_SLOPES else np.empty(0)


def _trend(scale: str, quantity: str, slopes: Floats, alpha: float) -> Trend:
    mean, low, high = _mean(slopes, alpha)
    se = float(np.std(slopes, ddof=1) / np.sqrt(len(slopes)))
    p = t_test(mean, se, len(slopes) - 1.0)[1]
    return Trend.model_validate(
        {"scale": scale, "quantity": quantity, "per_trial": mean, "ci_low": low, "ci_high": high,
         "p": p, "n_participants": len(slopes)}
    )  # fmt: skip


def _mean(values: Floats, alpha: float) -> tuple[float, float, float]:
    """Mean and its Student interval; NaN for the interval with fewer than two values."""
    known = values[~np.isnan(values)]
    if len(known) < 2:
        return float(known.mean()), np.nan, np.nan
    mean, se = float(known.mean()), float(stats.sem(known))
    return mean, *t_interval(mean, se, len(known) - 1.0, alpha)
