"""The crossed mean is Clark's min-F′, and a t test where there is one item or participant."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import stats

from earwitness.analysis.linear.minf import crossed_mean, t_interval, t_test

MATRICES = hnp.arrays(
    np.float64, st.tuples(st.integers(2, 8), st.integers(2, 8)), elements=st.integers(-4, 4)
)


def test_its_square_is_min_f_of_the_two_analyses() -> None:
    matrix = np.random.default_rng(1).normal(0.6, 1, (12, 5))
    by_participant = stats.ttest_1samp(matrix.mean(axis=1), 0)
    by_item = stats.ttest_1samp(matrix.mean(axis=0), 0)
    f1, f2 = by_participant.statistic**2, by_item.statistic**2
    min_f = f1 * f2 / (f1 + f2)
    df = (f1 + f2) ** 2 / (f1**2 / 4 + f2**2 / 11)  # Clark 1973: each F over the other's df
    mean = crossed_mean(matrix)
    statistic, p = t_test(mean.estimate, mean.se, mean.df)
    assert mean.method == "min_f"
    assert statistic**2 == pytest.approx(min_f, rel=1e-10)
    assert mean.df == pytest.approx(df, rel=1e-10)
    assert p == pytest.approx(stats.f.sf(min_f, 1, df), rel=1e-8)


def test_with_one_item_it_is_the_t_test_over_participants() -> None:
    column = np.random.default_rng(2).normal(0.5, 1, (9, 1))
    mean = crossed_mean(column)
    expected = stats.ttest_1samp(column[:, 0], 0)
    assert mean.method == "participants_t"
    assert t_test(mean.estimate, mean.se, mean.df) == pytest.approx(
        (expected.statistic, expected.pvalue)
    )
    low, high = expected.confidence_interval()
    assert mean.interval(0.05) == pytest.approx((low, high))


def test_with_one_participant_it_is_the_t_test_over_items() -> None:
    row = np.random.default_rng(3).normal(0.5, 1, (1, 9))
    mean = crossed_mean(row)
    assert mean.method == "items_t"
    assert t_test(mean.estimate, mean.se, mean.df)[1] == pytest.approx(
        stats.ttest_1samp(row[0], 0).pvalue
    )


def test_one_cell_gives_a_mean_and_no_test() -> None:
    mean = crossed_mean(np.array([[2.0]]))
    assert mean.estimate == 2.0
    assert mean.method == "none"
    assert np.isnan(t_test(mean.estimate, mean.se, mean.df)[1])


def test_nothing_gives_nothing() -> None:
    assert crossed_mean(np.full((3, 3), np.nan)).method == "none"


@settings(deadline=None)
@given(matrix=MATRICES, hidden=st.integers(0, 2**32 - 1))
def test_the_interval_leaves_out_zero_exactly_when_p_is_below_alpha(
    matrix: np.ndarray, hidden: int
) -> None:
    matrix = matrix.copy()
    matrix[np.random.default_rng(hidden).random(matrix.shape) < 0.2] = np.nan
    mean = crossed_mean(matrix)
    _, p = t_test(mean.estimate, mean.se, mean.df)
    low, high = t_interval(mean.estimate, mean.se, mean.df, 0.05)
    if np.isfinite(p) and abs(p - 0.05) > 1e-9:
        assert (p < 0.05) == (low > 0 or high < 0)


@settings(deadline=None)
@given(matrix=MATRICES)
def test_swapping_participants_and_items_changes_nothing(matrix: np.ndarray) -> None:
    mean, turned = crossed_mean(matrix), crossed_mean(matrix.T)
    assert (turned.estimate, turned.se, turned.df) == pytest.approx(
        (mean.estimate, mean.se, mean.df), nan_ok=True
    )


def test_with_four_items_it_keeps_its_level() -> None:
    """Null studies as in the calibration: 12 participants × 4 items, random effects of both."""
    rng = np.random.default_rng(5)
    rejected = 0
    for _ in range(600):
        matrix = rng.normal(0, 0.6, (12, 1)) + rng.normal(0, 0.5, (1, 4))
        mean = crossed_mean(matrix + rng.normal(0, 1.5, (12, 4)))
        rejected += t_test(mean.estimate, mean.se, mean.df)[1] < 0.05
    # At a true level of 6 %, more than 62 of 600 has a chance below 1 in 10,000.
    assert rejected <= 62
