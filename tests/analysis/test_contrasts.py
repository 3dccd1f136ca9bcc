"""Which test speaks, equivalence, and effect sizes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from earwitness.analysis import report
from earwitness.analysis.cells import make_cells
from earwitness.analysis.comparisons.contrasts import contrasts
from earwitness.analysis.comparisons.effects import (
    cliffs_delta,
    probability_of_superiority,
    rank_biserial,
)
from earwitness.analysis.describe import scale_of
from earwitness.analysis.inputs.preregistration import make_plan
from earwitness.analysis.models import Fits, fit_scale
from earwitness.analysis.records.report import Contrast
from earwitness.analysis.resampling import crossed_draws


def compare(frame: pd.DataFrame, **planned: object) -> tuple[list[Contrast], Fits]:
    systems = sorted(frame["system"].unique())
    scale = scale_of("q", frame["value"], None)
    fits = fit_scale(frame, scale, systems, "unmixed")
    plan = make_plan(None, "unmixed", "rating ~ system", [], systems).model_copy(update=planned)
    return contrasts(make_cells(frame, systems), "q", "unmixed", fits, plan, 1), fits


def test_fewer_than_six_items_speak_for_these_items_only_and_without_wald(
    ratings: Callable[..., pd.DataFrame],
) -> None:
    records, fits = compare(ratings(items=5, scales=("q",)))
    assert {record.inference for record in records} == {"these_items"}
    assert {record.method for record in records} == {"min_f"}
    assert {record.unit for record in records} == {"points"}
    assert fits.records[0].family == "cumulative"
    for record in records:
        assert record.latent is not None
        assert record.latent.df == 4


def test_six_items_use_the_cumulative_model_with_the_companions_satterthwaite_df(
    ratings: Callable[..., pd.DataFrame],
) -> None:
    records, fits = compare(ratings(items=6, scales=("q",)))
    assert fits.ordinal is not None
    assert fits.linear is not None
    assert {record.inference for record in records} == {"population"}
    assert {record.method for record in records} == {"clmm_t"}
    assert {record.model for record in records} == {"clmm-q"}
    for record in records:
        name = f"system[{record.system}]"
        weights = np.array([x == name for x in fits.ordinal.names], dtype=float)
        estimate, se, _ = fits.ordinal.combination(weights)
        points = fits.linear.combination(
            np.array([x == name for x in fits.linear.names], dtype=float)
        )
        df = points[2]
        se *= fits.linear.restriction(np.array([x == name for x in fits.linear.names], dtype=float))
        assert (record.estimate, record.se, record.df) == pytest.approx((estimate, se, df))
        assert record.p == pytest.approx(2 * stats.t.sf(abs(estimate / se), df))
        assert record.points.estimate == pytest.approx(points[0])
        assert record.odds_ratio is not None
        assert record.odds_ratio.estimate == pytest.approx(np.exp(estimate))
        assert record.odds_ratio.ci_adjusted_low is not None
        assert (record.odds_ratio.ci_adjusted_low > 1) == (
            (record.p_adjusted or 1) < 0.05 and estimate > 0
        )
        assert record.mean_class is not None
        assert record.mean_class.estimate == pytest.approx(record.mean_difference, abs=0.1)


def test_a_scale_without_categories_uses_the_linear_model(
    ratings: Callable[..., pd.DataFrame],
) -> None:
    frame = ratings(items=6, scales=("q",))
    noise = np.random.default_rng(1).random(len(frame))
    records, fits = compare(frame.assign(value=frame["value"] * 18 + noise))
    assert [model.family for model in fits.records] == ["gaussian"]
    assert {record.method for record in records} == {"satterthwaite_t"}
    assert all(record.latent is None for record in records)


def test_a_hidden_reference_and_anchors_stay_out_of_the_linear_model_of_a_mushra_scale(
    ratings: Callable[..., pd.DataFrame],
) -> None:
    frame = ratings(items=6, scales=("q",))
    frame["value"] = frame["value"] * 18 + np.random.default_rng(1).random(len(frame))
    data = report(frame, baseline="unmixed").data
    methods = {row.system: row.method for row in data.contrasts}
    assert methods == {"constant": "satterthwaite_t", "human-mix": "min_f", "lead-up-12db": "min_f"}
    assert [c.term for c in data.models[0].coefficients] == ["(Intercept)", "system[constant]"]
    apart = frame[frame["system"].isin(["constant", "unmixed"])]
    alone = report(apart, baseline="unmixed").data.contrasts[0]
    both = next(row for row in data.contrasts if row.system == "constant")
    assert both.se == pytest.approx(alone.se)


def test_perfect_separation_falls_back_to_the_linear_model_in_words(
    ratings: Callable[..., pd.DataFrame],
) -> None:
    frame = ratings(items=6, scales=("q",))
    frame.loc[frame["system"] == "human-mix", "value"] = 5
    records, fits = compare(frame)
    primary, other = fits.records
    assert (primary.family, primary.primary, primary.converged) == ("gaussian", True, True)
    assert (other.family, other.primary, other.converged) == ("cumulative", False, False)
    assert "separate" in other.notes[-1]
    assert {record.method for record in records} == {"satterthwaite_t"}


def test_equivalence_follows_the_interval_at_one_minus_two_alpha(
    ratings: Callable[..., pd.DataFrame],
) -> None:
    frame = ratings(participants=10, items=6, scales=("q",))
    for bound in (0.2, 2.0):
        records, _ = compare(frame, smallest_effect_of_interest=bound)
        for record in records:
            found = record.equivalence
            assert found is not None
            assert found.ci_low is not None
            assert found.ci_high is not None
            inside = -bound < found.ci_low and found.ci_high < bound
            assert ((found.p_equivalence or 0) < 0.05) == inside
            assert ((found.p_non_inferiority or 0) < 0.05) == (found.ci_low > -bound)
            assert not found.is_equivalent or found.is_not_inferior


def test_equal_differences_have_no_p_and_say_why(ratings: Callable[..., pd.DataFrame]) -> None:
    frame = ratings(items=3, scales=("q",)).assign(value=3)
    for record in compare(frame)[0]:
        assert record.p is None
        assert record.estimate == 0
        assert "equal" in record.reason


def test_cliffs_delta_is_the_mann_whitney_statistic_rescaled() -> None:
    rng = np.random.default_rng(3)
    first = rng.integers(1, 6, (9, 4)).astype(float)
    second = rng.integers(1, 6, (9, 4)).astype(float)
    first[2, 1] = np.nan
    value, _ = cliffs_delta(first, second, crossed_draws(9, 4, 0))
    seen = first[~np.isnan(first)]
    u = stats.mannwhitneyu(seen, second.ravel()).statistic
    assert value == pytest.approx(2 * u / (len(seen) * second.size) - 1)


def test_rank_biserial_is_the_wilcoxon_statistic_rescaled() -> None:
    difference = np.random.default_rng(4).normal(0.3, 1, (15, 3))
    value, _ = rank_biserial(difference, crossed_draws(15, 3, 0))
    ranks = stats.rankdata(np.abs(difference.mean(axis=1)))
    up = ranks[difference.mean(axis=1) > 0].sum()
    assert value == pytest.approx((2 * up - ranks.sum()) / ranks.sum())


def test_the_weighted_rank_biserial_equals_that_of_repeated_participants() -> None:
    difference = np.random.default_rng(5).integers(-3, 4, (10, 1)).astype(float)
    draws = crossed_draws(10, 1, seed=2, draws=30)
    _, drawn = rank_biserial(difference, draws)
    for weights, value in zip(draws.participants, drawn, strict=True):
        repeated = np.repeat(difference, weights.astype(int), axis=0)
        expected, _ = rank_biserial(repeated, crossed_draws(10, 1, 0, draws=1))
        if np.isfinite(value):
            assert value == pytest.approx(expected)


@settings(deadline=None, max_examples=25)
@given(seed=st.integers(0, 10_000))
def test_exchanging_the_two_systems_turns_every_effect_round(seed: int) -> None:
    rng = np.random.default_rng(seed)
    first = rng.integers(1, 6, (6, 3)).astype(float)
    second = rng.integers(1, 6, (6, 3)).astype(float)
    first[rng.random(first.shape) < 0.2] = np.nan
    draws = crossed_draws(6, 3, 0, draws=2)
    if np.isnan(first - second).all():
        return
    assert cliffs_delta(first, second, draws)[0] == pytest.approx(
        -cliffs_delta(second, first, draws)[0]
    )
    assert rank_biserial(first - second, draws)[0] == pytest.approx(
        -rank_biserial(second - first, draws)[0]
    )
    assert probability_of_superiority(first - second, draws)[0] == pytest.approx(
        1 - probability_of_superiority(second - first, draws)[0]
    )


def test_a_system_that_always_wins_has_the_largest_effects() -> None:
    low, high = np.ones((5, 3)), np.full((5, 3), 4.0)
    draws = crossed_draws(5, 3, 0)
    assert cliffs_delta(high, low, draws)[0] == 1
    assert rank_biserial(high - low, draws)[0] == 1
    assert probability_of_superiority(high - low, draws)[0] == 1
