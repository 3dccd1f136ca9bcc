"""Pairs of systems, single items and participants, and what changes over the trials."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from earwitness.analysis import report
from earwitness.analysis.course import listening, positions, rating_trends, times

Make = Callable[..., pd.DataFrame]


def in_order(frame: pd.DataFrame, slope: float = 0.0, seed: int = 1) -> pd.DataFrame:
    """Each participant's items in an order of their own; ratings and seconds change by trial."""
    rng = np.random.default_rng(seed)
    parts = []
    for _, rows in frame.groupby("participant"):
        items = rng.permutation(rows["item"].unique())
        trial = rows["item"].map({item: 3 + k for k, item in enumerate(items)})
        start = pd.Timestamp("2026-01-02T03:00:00Z") + pd.to_timedelta(60 * trial, unit="s")
        parts.append(
            rows.assign(
                trial=trial, value=rows["value"] + slope * trial, presented_at=start.astype(str),
                answered_at=(start + pd.to_timedelta(50 - 2 * trial, unit="s")).astype(str),
                listened_s=10.0 + trial, plays=2,
            )
        )  # fmt: skip
    return pd.concat(parts, ignore_index=True)


def test_all_pairs_decide_as_the_comparisons_with_the_baseline_do(ratings: Make) -> None:
    data = report(ratings(participants=8, items=6, scales=("overall",)), baseline="unmixed").data
    names = [system.name for system in data.systems]
    assert {(row.system, row.other) for row in data.pairs} == set(combinations(names, 2))
    for contrast in data.contrasts:
        [pair] = [p for p in data.pairs if {p.system, p.other} == {contrast.system, "unmixed"}]
        sign = 1 if pair.other == "unmixed" else -1
        assert pair.p == pytest.approx(contrast.p)
        assert pair.estimate == pytest.approx(sign * (contrast.points.estimate or 0))
        assert (pair.p_adjusted or 0) >= (pair.p or 0)
    assert len(data.item_effects) == 6
    assert sum(row.deviation or 0 for row in data.item_effects) == pytest.approx(0, abs=1e-9)
    assert len(data.stimulus_means) == 24
    for row in data.listeners:
        assert (row.ci_low or 0) < (row.bias or 0) < (row.ci_high or 0)


def test_a_planted_drift_is_found_and_none_is_found_without_one(ratings: Make) -> None:
    still = in_order(ratings(participants=14, items=8, seed=4, scales=("overall",)), seed=4)
    drifting = in_order(ratings(participants=14, items=8, scales=("overall",)), slope=0.3)
    [rating, _] = rating_trends(drifting, "overall", 0.05)
    assert (rating.ci_low or 0) < 0.3 < (rating.ci_high or 0)
    assert (rating.p or 1) < 0.001
    [rating, spread] = rating_trends(still, "overall", 0.05)
    assert (rating.p or 0) > 0.05
    assert (spread.p or 0) > 0.05
    rows = positions(drifting, "overall", 0.05)
    assert [row.position for row in rows] == list(range(1, 9))  # ranks: training pages took 1 and 2
    assert (rows[0].deviation or 0) < 0 < (rows[-1].deviation or 0)


def test_seconds_per_trial_and_listening_are_medians_of_what_was_recorded(ratings: Make) -> None:
    frame = in_order(ratings(participants=5, items=6, scales=("clarity", "overall")))
    seconds, [trend] = times(frame, 0.05)
    assert [row.seconds for row in seconds] == [50 - 2 * trial for trial in range(3, 9)]
    assert trend.per_trial == pytest.approx(-2)
    heard = listening(frame, ("human-mix", "unmixed"))
    assert [row.n for row in heard] == [30, 30]
    assert [row.listened_s for row in heard] == [15.5, 15.5]


def test_a_table_without_order_or_times_has_none_of_it(ratings: Make) -> None:
    frame = ratings(scales=("overall",))
    assert positions(frame, "overall", 0.05) == []
    assert rating_trends(frame, "overall", 0.05) == []
    assert times(frame, 0.05) == ([], [])
    assert listening(frame, ("unmixed",)) == []
