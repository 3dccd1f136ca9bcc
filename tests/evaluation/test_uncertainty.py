"""Permutation, intervals and adjustment against hand-made values, scipy and statsmodels."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests

from earwitness.evaluation import uncertainty
from earwitness.evaluation.uncertainty import (
    SEED,
    bca_interval,
    group_sums,
    holm,
    sign_flip_p,
)


def test_eight_differences_of_one_sign_have_the_smallest_p() -> None:
    assert sign_flip_p(np.arange(1.0, 9.0)) == 2 / 2**8


def test_differences_that_cancel_have_p_one() -> None:
    assert sign_flip_p(np.array([1.0, -1.0, 2.0, -2.0])) == 1.0
    assert sign_flip_p(np.zeros(9)) == 1.0


@settings(deadline=None, max_examples=50)
@given(st.lists(st.floats(-10, 10), min_size=1, max_size=11))
def test_p_is_the_share_of_all_sign_patterns_that_are_as_extreme(values: list[float]) -> None:
    sums = np.array(values)
    patterns = np.array(list(itertools.product([1.0, -1.0], repeat=len(values))))
    slack = 1e-12 * np.abs(sums).sum()
    extreme = np.abs(patterns @ sums) >= abs(sums.sum()) - slack
    assert sign_flip_p(sums) == pytest.approx(extreme.mean(), abs=1e-12)


@pytest.mark.parametrize("size", [8, 11])
def test_p_agrees_with_scipy(size: int) -> None:
    values = np.random.default_rng(size).normal(0.4, 1.0, size)
    expected = scipy.stats.permutation_test(
        (values,), np.mean, permutation_type="samples", n_resamples=np.inf
    ).pvalue
    assert sign_flip_p(values) == pytest.approx(expected, abs=1e-12)


def test_beyond_forty_groups_p_is_estimated_and_stays_close_to_the_exact_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    values = np.random.default_rng(5).normal(0.35, 1.0, 24)
    exact = sign_flip_p(values)
    monkeypatch.setattr(uncertainty, "MAX_EXACT_GROUPS", 10)
    assert sign_flip_p(values) == pytest.approx(exact, abs=0.004)


def test_the_interval_is_scipys_bca_when_each_group_has_one_item() -> None:
    values = np.random.default_rng(2).gamma(2.0, size=14)
    expected = scipy.stats.bootstrap(
        (values,), np.mean, method="BCa", n_resamples=9_999, rng=np.random.default_rng(SEED)
    ).confidence_interval
    low, high = bca_interval(*group_sums(list(values), list("abcdefghijklmn")))
    assert (low, high) == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_the_interval_is_wider_when_items_come_in_groups() -> None:
    """Twelve songs of four excerpts each that agree tell as much as twelve excerpts."""
    songs = np.random.default_rng(3).normal(size=12)
    values = np.repeat(songs, 4)
    alone = bca_interval(*group_sums(list(values), [str(i) for i in range(48)]))
    clustered = bca_interval(*group_sums(list(values), [str(i // 4) for i in range(48)]))
    assert None not in (*alone, *clustered)
    assert (clustered[1] - clustered[0]) > 1.5 * (alone[1] - alone[0])  # type: ignore[operator]


def test_equal_values_have_an_interval_of_no_width() -> None:
    assert bca_interval(*group_sums([0.25] * 9, list("abcdefghi"))) == (0.25, 0.25)


@settings(deadline=None, max_examples=30)
@given(st.lists(st.floats(0, 1), max_size=12))
def test_holm_agrees_with_statsmodels(p: list[float]) -> None:
    expected = multipletests(p, method="holm")[1] if p else []
    assert holm(p) == pytest.approx(list(expected), abs=1e-15)
