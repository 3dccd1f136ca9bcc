"""Which test speaks, Holm with matching intervals, and effect sizes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.multitest import multipletests

from earwitness.analysis.cells import make_cells
from earwitness.analysis.contrasts import contrasts, holm
from earwitness.analysis.effects import cliffs_delta, probability_of_superiority, rank_biserial
from earwitness.analysis.models import fit_scale
from earwitness.analysis.records import Contrast
from earwitness.analysis.resampling import crossed_draws

P_VALUES = st.lists(st.floats(1e-12, 1.0), min_size=1, max_size=12)


@settings(deadline=None, max_examples=40)
@given(p=P_VALUES)
def test_holm_equals_statsmodels(p: list[float]) -> None:
    adjusted, _ = holm(p)
    assert adjusted == pytest.approx(multipletests(p, method="holm")[1])


@settings(deadline=None)
@given(z=st.lists(st.floats(-6, 6), min_size=1, max_size=8), alpha=st.sampled_from([0.01, 0.05]))
def test_an_adjusted_interval_leaves_out_zero_exactly_when_the_adjusted_p_is_below_alpha(
    z: list[float], alpha: float
) -> None:
    adjusted, factors = holm([2 * float(stats.norm.sf(abs(value))) for value in z])
    for value, p, factor in zip(z, adjusted, factors, strict=True):
        reach = float(stats.norm.isf(alpha / factor / 2))
        if abs(p - alpha) > 1e-9:
            assert (p < alpha) == (abs(value) > reach)


def test_a_missing_p_stays_outside_the_family() -> None:
    adjusted, _ = holm([0.01, float("nan"), 0.04])
    assert adjusted[0] == pytest.approx(0.02)
    assert np.isnan(adjusted[1])
    assert adjusted[2] == pytest.approx(0.04)


def compare(frame: pd.DataFrame) -> list[Contrast]:
    systems = sorted(frame["system"].unique())
    _, model = fit_scale(frame, "q", systems, "unmixed")
    return contrasts(make_cells(frame, systems), "q", "unmixed", "lmm-q", model, 0.05, 1)


def test_fewer_than_six_items_speak_for_these_items_only_and_without_wald(
    ratings: Callable[..., pd.DataFrame],
) -> None:
    records = compare(ratings(items=5, scales=("q",)))
    assert {record.inference for record in records} == {"these_items"}
    assert {record.method for record in records} == {"min_f"}


def test_six_items_use_the_mixed_model_with_satterthwaite(
    ratings: Callable[..., pd.DataFrame],
) -> None:
    frame = ratings(items=6, scales=("q",))
    records = compare(frame)
    systems = sorted(frame["system"].unique())
    _, model = fit_scale(frame, "q", systems, "unmixed")
    assert model is not None
    assert {record.inference for record in records} == {"population"}
    assert {record.method for record in records} == {"satterthwaite_t"}
    for record in records:
        position = model.names.index(f"system[{record.system}]")
        estimate, se, df = model.combination(np.eye(4)[position])
        assert (record.estimate, record.se, record.df) == pytest.approx((estimate, se, df))
        assert record.p == pytest.approx(2 * stats.t.sf(abs(estimate / se), df))


def test_equal_differences_have_no_p_and_say_why(ratings: Callable[..., pd.DataFrame]) -> None:
    frame = ratings(items=3, scales=("q",)).assign(value=3)
    for record in compare(frame):
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


def test_r_holm_values_are_reproduced(golden: dict[str, Any]) -> None:
    expected = golden["synthetic"]["wilcoxon_q1"]
    names = list(expected["raw"])
    adjusted, _ = holm([expected["raw"][name]["p"] for name in names])
    assert adjusted == pytest.approx([expected["holm"][name] for name in names])
