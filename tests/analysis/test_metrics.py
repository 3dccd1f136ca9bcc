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
from earwitness.analysis.predictors.correlation import (
    chance_level,
    noise_ceiling,
    weighted_kendall,
    weighted_pearson,
    weighted_ranks,
    weighted_spearman,
)
from earwitness.analysis.predictors.prediction import predict
from earwitness.analysis.records.metrics import MetricFit

Make = Callable[..., pd.DataFrame]
Frame = pd.DataFrame


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
    pooled = [row for row in data.metrics if row.level == "item_system"]
    return {(row.metric, row.roles): row for row in pooled if row.scale == "overall"}


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


def test_kendall_equals_scipy_and_weights_are_repetitions() -> None:
    rng = np.random.default_rng(8)
    x, y = rng.integers(0, 5, 30).astype(float), rng.normal(size=30)
    weights = rng.multinomial(30, np.full(30, 1 / 30), size=3).astype(float)
    ones = weighted_kendall(x, y, np.ones((1, 30)))[0]
    assert ones == pytest.approx(stats.kendalltau(x, y).statistic)
    for row, value in zip(weights, weighted_kendall(x, y, weights), strict=True):
        repeat = row.astype(int)
        expected = stats.kendalltau(np.repeat(x, repeat), np.repeat(y, repeat)).statistic
        assert value == pytest.approx(expected)


def test_a_metric_that_orders_the_ratings_perfectly_predicts_them_between_its_neighbours() -> None:
    rating = np.repeat(np.linspace(1, 5, 10), 2)
    items = np.tile([0, 1], 10)
    width = np.full(20, 0.1)
    found = predict(np.exp(rating), rating, width, items, 1)
    assert found.rmse == pytest.approx(0, abs=1e-12)
    assert (found.rmse_star, found.outlier_ratio) == (0, 0)
    assert found.rmse_constant == pytest.approx(np.std(rating))
    wrong = predict(np.exp(rating), rating, width, items, -1)
    assert wrong.rmse == pytest.approx(np.std(rating))
    assert wrong.outlier_ratio == 1


def test_rmse_star_leaves_out_what_the_ratings_do_not_know() -> None:
    """Errors of the constant 3 are ±2 and 0; their intervals reach 0.5 and 3 (P.1401 §7.7)."""
    rating, items = np.array([1.0, 5.0, 3.0, 3.0]), np.array([0, 0, 1, 1])
    found = predict(np.ones(4), rating, np.array([0.5, 3.0, np.nan, 0.1]), items, 1)
    assert found.rmse == pytest.approx(np.sqrt((4 + 4) / 4))
    assert found.rmse_star == pytest.approx(np.sqrt(1.5**2 / 4))
    assert found.outlier_ratio == pytest.approx(1 / 3)


def test_an_items_own_ratings_take_no_part_in_its_prediction() -> None:
    rng = np.random.default_rng(4)
    rating, items = rng.normal(3, 1, 24), np.repeat(np.arange(6), 4)
    found = predict(rng.normal(size=24), rating, np.full(24, 0.2), items, 1)
    assert found.rmse >= 0.9 * found.rmse_constant


def test_levels_stand_apart_and_few_systems_are_refused(ratings: Make, scores: Frame) -> None:
    data = report(ratings(items=8, scales=("q",)), scores=scores, baseline="unmixed").data
    fits = {(f.level, f.roles, f.metric): f for f in data.metrics}
    assert "at least 6" in fits["system", "all", "stoi"].reason
    within = fits["within_item", "all", "stoi"]
    assert (within.pearson or 0) > 0.8
    assert within.ci_low is not None
    pooled = fits["item_system", "all", "stoi"]
    assert pooled.rmse is not None
    assert pooled.rmse_constant is not None
    assert pooled.rmse < pooled.rmse_constant
    assert pooled.disattenuated == pytest.approx(
        (pooled.pearson or 0) / (pooled.noise_ceiling or 1)
    )
    assert within.rmse is None


def test_a_metric_of_item_means_has_nothing_to_say_within_items(ratings: Make) -> None:
    frame = ratings(items=8, scales=("q",))
    rng = np.random.default_rng(9)
    scores = pd.DataFrame(
        [
            (system, f"song-{i}", "pitch", float(i) + 1e-3 * rng.normal())
            for system in frame["system"].unique() for i in range(8)
        ],
        columns=["system", "item", "metric", "value"],
    )  # fmt: skip
    data = report(frame, scores=scores, baseline="unmixed").data
    within = next(f for f in data.metrics if f.level == "within_item" and f.roles == "all")
    assert abs(within.pearson or 0) < 0.6


def test_the_better_of_two_metrics_is_found_and_equal_ones_are_not(ratings: Make) -> None:
    frame = ratings(participants=20, items=12, scales=("q",)).assign(role="model")
    means = frame.groupby(["system", "item"])["value"].mean().reset_index()
    rng = np.random.default_rng(2)
    rows = []
    for row in means.itertuples():
        noise = rng.normal(size=3)
        rows += [
            (row.system, row.item, "good", row.value + 0.1 * noise[0], "higher"),
            (row.system, row.item, "also_good", 9 - row.value + 0.1 * noise[1], "lower"),
            (row.system, row.item, "poor", 0.2 * row.value + noise[2], "higher"),
        ]
    scores = pd.DataFrame(rows, columns=["system", "item", "metric", "value", "direction"])
    data = report(frame, scores=scores, baseline="unmixed").data
    found = {(d.metric, d.other): d for d in data.metric_differences}
    assert (found["good", "poor"].difference or 0) > 0.2
    assert (found["good", "poor"].p_adjusted or 1) < 0.05
    assert (found["also_good", "good"].p_adjusted or 0) > 0.05
    assert all((d.p_adjusted or 0) >= (d.p or 0) for d in data.metric_differences)
