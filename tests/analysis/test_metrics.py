"""Metrics against ratings: correlations, clustered intervals, ceiling, refusals."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from earwitness.analysis import report
from earwitness.analysis.correlation import (
    chance_level,
    noise_ceiling,
    weighted_pearson,
    weighted_ranks,
    weighted_spearman,
)
from earwitness.analysis.records import MetricFit


@settings(deadline=None)
@given(seed=st.integers(0, 10_000), n=st.integers(4, 20))
def test_unit_weights_give_scipys_correlations(seed: int, n: int) -> None:
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=n), rng.integers(1, 6, n).astype(float)
    y[0], y[1] = 1, 5
    once = np.ones((1, n))
    assert weighted_pearson(x, y, once)[0] == pytest.approx(stats.pearsonr(x, y).statistic)
    assert weighted_spearman(x, y, once)[0] == pytest.approx(stats.spearmanr(x, y).statistic)


@settings(deadline=None)
@given(seed=st.integers(0, 10_000))
def test_whole_weights_equal_repeated_points(seed: int) -> None:
    rng = np.random.default_rng(seed)
    x, y = rng.integers(0, 5, 8).astype(float), rng.normal(size=8)
    weights = rng.integers(1, 4, (1, 8)).astype(float)
    repeats = weights[0].astype(int)
    long_x, long_y = np.repeat(x, repeats), np.repeat(y, repeats)
    ranks = np.repeat(weighted_ranks(x, weights)[0], repeats)
    np.testing.assert_allclose(ranks + 0.5, stats.rankdata(long_x))
    if np.ptp(long_x) > 0:
        expected = stats.spearmanr(long_x, long_y).statistic
        assert weighted_spearman(x, y, weights)[0] == pytest.approx(expected)


def test_the_chance_level_is_the_critical_correlation() -> None:
    n = 16
    r = chance_level(n)
    t = r * np.sqrt((n - 2) / (1 - r * r))
    assert 2 * stats.t.sf(t, n - 2) == pytest.approx(0.05)
    assert np.isnan(chance_level(3))


def test_the_noise_ceiling_is_what_a_perfect_predictor_reaches() -> None:
    rng = np.random.default_rng(8)
    truth = rng.normal(0, 1, 60)
    answers = truth + rng.normal(0, 2.0, (20, 60))
    ceiling = noise_ceiling(answers, seed=1)
    reached = np.corrcoef(truth, answers.mean(axis=0))[0, 1]
    assert ceiling == pytest.approx(reached, abs=0.05)
    assert np.isnan(noise_ceiling(answers[:3], seed=1))


def fits(frame: pd.DataFrame, scores: pd.DataFrame) -> dict[tuple[str, str], MetricFit]:
    data = report(frame, scores=scores, baseline="unmixed").data
    return {(row.metric, row.roles): row for row in data.metrics if row.scale == "overall"}


@pytest.fixture
def eight_items(ratings: Callable[..., pd.DataFrame]) -> pd.DataFrame:
    return ratings(participants=10, items=8, scales=("overall",))


def test_reference_and_anchors_stay_out_of_the_headline(
    eight_items: pd.DataFrame, scores: pd.DataFrame
) -> None:
    rows = fits(eight_items, scores)
    assert rows["stoi", "model,baseline"].n == 16
    assert rows["stoi", "all"].n == 32
    means = eight_items.groupby(["system", "item"])["value"].mean()
    stoi = scores[(scores["metric"] == "stoi")].set_index(["system", "item"])["value"]
    both = pd.concat([means, stoi], axis=1, join="inner", keys=["rating", "stoi"])
    chosen = both.loc[["constant", "unmixed"]]
    row = rows["stoi", "model,baseline"]
    assert row.pearson == pytest.approx(stats.pearsonr(chosen["rating"], chosen["stoi"])[0])
    assert row.spearman == pytest.approx(stats.spearmanr(chosen["rating"], chosen["stoi"])[0])


def test_a_metric_that_is_better_when_lower_is_expected_to_fall(
    eight_items: pd.DataFrame, scores: pd.DataFrame
) -> None:
    row = fits(eight_items, scores)["mrstft", "all"]
    assert row.expected_sign == -1
    assert row.spearman is not None
    assert row.spearman < -0.7
    assert row.ci_low is not None
    assert row.pearson is not None
    assert row.ci_high is not None
    assert row.ci_low <= row.pearson <= row.ci_high < 0


def test_a_constant_metric_and_a_failed_one_are_refused_in_words(
    eight_items: pd.DataFrame, scores: pd.DataFrame
) -> None:
    rows = fits(eight_items, scores)
    assert rows["flat", "all"].pearson is None
    assert "one value" in rows["flat", "all"].reason
    assert rows["pesq_wb", "all"].pearson is None
    assert rows["pesq_wb", "all"].reason == "failed: too short"
    assert ("fad", "all") not in rows


def test_the_words_name_the_metrics_that_agree_beyond_chance(
    eight_items: pd.DataFrame, scores: pd.DataFrame
) -> None:
    finding = report(eight_items, scores=scores, baseline="unmixed").data.findings[0]
    assert "beyond chance" in finding.on_metrics
    assert "stoi (+" in finding.on_metrics
    assert "pesq_wb" not in finding.on_metrics


def test_few_points_are_refused_and_few_items_get_no_interval(
    ratings: Callable[..., pd.DataFrame], scores: pd.DataFrame
) -> None:
    few = fits(ratings(items=2, scales=("overall",)), scores)
    assert few["stoi", "all"].pearson is None
    assert "needed" in few["stoi", "all"].reason
    four = fits(ratings(items=4, scales=("overall",)), scores)
    assert four["stoi", "all"].pearson is not None
    assert four["stoi", "all"].ci_low is None
