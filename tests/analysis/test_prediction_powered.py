"""Means over all scored items: right where metric and ratings go together, shown only if proven."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from earwitness.analysis.predictors.prediction_powered import powered_mean, proven_from
from earwitness.analysis.report import report
from earwitness.stimuli.study import Study


def test_a_perfect_metric_gives_the_mean_over_all_items() -> None:
    quality = np.linspace(0, 1, 12)
    unrated = np.linspace(2, 3, 1_000_000 // 100)
    people = np.random.default_rng(1).normal(scale=1e-6, size=(8, 1))
    found = powered_mean(1.0 + 2.0 * quality + people, quality, unrated)
    assert found is not None
    assert found.slope == pytest.approx(2.0, rel=2e-3)  # 2 / (1 + n / N)
    assert found.estimate == pytest.approx(1.0 + 2.0 * 2.5, rel=2e-3)
    assert found.extra_items > 100


def test_a_useless_metric_leaves_about_the_plain_mean_and_says_that_it_does_not_help() -> None:
    generator = np.random.default_rng(2)
    ratings = generator.normal(size=(10, 200)) + generator.normal(size=200)
    found = powered_mean(ratings, generator.normal(size=200), generator.normal(size=800))
    assert found is not None
    assert found.estimate == pytest.approx(found.plain, abs=0.05)
    assert abs(found.extra_items) < 25


def test_simulated_intervals_cover_from_the_proven_number_on() -> None:
    """300 studies: a right 95 % method covers fewer than 266 with p < 0.0001."""
    fewest = proven_from()
    assert fewest is not None
    generator, hits = np.random.default_rng(3), 0
    for _ in range(300):
        quality = generator.normal(size=6 * fewest)
        metric = quality + 0.5 * generator.normal(size=len(quality))
        ratings = quality[:fewest] + generator.normal(size=(15, 1))
        ratings = ratings + generator.normal(size=(15, fewest))
        found = powered_mean(ratings, metric[:fewest], metric[fewest:])
        assert found is not None
        low, high = found.interval(0.05)
        hits += low <= 0.0 <= high
    assert hits >= 266


@pytest.mark.parametrize("items", [4, 12])
def test_the_report_shows_them_for_the_planned_metric_or_says_why_not(
    ratings: Callable[..., pd.DataFrame], items: int
) -> None:
    table = ratings(participants=8, items=items, scales=("overall",))
    systems = sorted(table["system"].unique())
    scores = pd.DataFrame(
        [
            (s, f"song-{i}", "stoi", 0.1 * ((7 * i + len(s)) % 11))
            for s in systems
            for i in range(40)
        ],
        columns=["system", "item", "metric", "value"],
    )
    study = Study.model_validate(
        {
            "schema": 1, "study": {"id": "s", "title": "S"},
            "stimuli": {"run": ".", "task": "mix", "systems": systems},
            "scales": [{"id": "overall", "question": "Overall?", "labels": list("abcde")}],
            "pages": [{"type": "rating"}, {"type": "thanks"}],
            "analysis": {"baseline": "unmixed", "prediction_metric": "stoi"},
        }
    )  # fmt: skip
    rows = report(table, scores=scores, study=study).data.whole_set
    assert {row.system for row in rows} == set(systems)
    for row in rows:
        assert row.rated_items == items
        assert row.unrated_items == 40 - items
        if items == 4:
            assert "proven from" in row.reason
            assert row.estimate is None
        else:
            assert row.ci_low is not None
            assert row.estimate is not None
            assert row.ci_low < row.estimate
