"""Adjusted p equal statsmodels, R and textbooks; intervals match the decision."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.multitest import multipletests

from earwitness.analysis.comparisons.equivalence import one_sided_tests
from earwitness.analysis.comparisons.multiplicity import Method, adjust, p_adjusted

P_VALUES = st.lists(st.floats(1e-12, 1.0), min_size=1, max_size=12)
THEIRS: dict[Method, str] = {
    "holm": "holm", "hochberg": "simes-hochberg", "benjamini-hochberg": "fdr_bh",
}  # fmt: skip


@settings(deadline=None, max_examples=40)
@given(p=P_VALUES, method=st.sampled_from(sorted(THEIRS)))
def test_adjusted_p_equal_statsmodels(p: list[float], method: Method) -> None:
    assert p_adjusted(method, p) == pytest.approx(multipletests(p, method=THEIRS[method])[1])


@settings(deadline=None, max_examples=30)
@given(
    t=st.lists(st.floats(-6, 6), min_size=1, max_size=6),
    alpha=st.sampled_from([0.01, 0.05]),
    method=st.sampled_from([*sorted(THEIRS), "dunnett"]),
    df=st.sampled_from([7.0, 40.0, np.inf]),
)
def test_an_adjusted_interval_leaves_out_zero_exactly_when_the_adjusted_p_is_below_alpha(
    t: list[float], alpha: float, method: Method, df: float
) -> None:
    correlation = np.full((len(t), len(t)), 0.5) + 0.5 * np.eye(len(t))
    found = adjust(method, np.array(t), np.full(len(t), df), alpha, correlation)
    for value, p, reach in zip(t, found.p, found.reach, strict=True):
        if abs(p - alpha) > 2e-4:
            assert (p < alpha) == (abs(value) > reach)


def test_a_missing_p_stays_outside_the_family() -> None:
    adjusted = p_adjusted("holm", [0.01, float("nan"), 0.04])
    assert adjusted[0] == pytest.approx(0.02)
    assert np.isnan(adjusted[1])
    assert adjusted[2] == pytest.approx(0.04)
    one = adjust("dunnett", np.array([np.nan, 2.5]), np.array([10.0, 10.0]), 0.05, np.eye(2))
    assert np.isnan(one.p[0])
    assert one.p[1] == pytest.approx(2 * stats.t.sf(2.5, 10))


def test_r_holm_values_are_reproduced(golden: dict[str, Any]) -> None:
    expected = golden["synthetic"]["wilcoxon_q1"]
    names = list(expected["raw"])
    adjusted = p_adjusted("holm", [expected["raw"][name]["p"] for name in names])
    assert adjusted == pytest.approx([expected["holm"][name] for name in names])


def outside(c: float, k: int, df: float) -> float:
    """P(some |T| > c) for k comparisons of correlation 1/2, by quadrature of two integrals."""
    z, weights = np.polynomial.hermite_e.hermegauss(80)
    shared = stats.norm.cdf
    share = np.linspace(0.5e-4, 1 - 0.5e-4, 10_000)
    scales = np.sqrt(stats.chi2.ppf(share, df) / df) if np.isfinite(df) else np.ones(1)
    reach = c * scales[:, None] * np.sqrt(2)
    inside = (shared(z + reach) - shared(z - reach)) ** k @ weights / weights.sum()
    return 1 - float(np.mean(inside))


@pytest.mark.parametrize(("k", "df"), [(2, 10), (3, 10), (5, 20), (9, 60), (3, np.inf)])
def test_dunnetts_integral_equals_quadrature(k: int, df: float) -> None:
    correlation = np.full((k, k), 0.5) + 0.5 * np.eye(k)
    found = adjust("dunnett", np.full(k, 2.5), np.full(k, df), 0.05, correlation)
    assert found.p[0] == pytest.approx(outside(2.5, k, df), abs=1e-3)
    assert outside(found.reach[0], k, df) == pytest.approx(0.05, abs=1e-3)


def test_dunnett_equals_scipy_on_independent_groups() -> None:
    rng = np.random.default_rng(3)
    control, groups = rng.normal(0, 1, 12), [rng.normal(m, 1, 12) for m in (0.3, 0.8, 1.2)]
    theirs = stats.dunnett(*groups, control=control, random_state=np.random.default_rng(1))
    pooled = np.sqrt(np.mean([np.var(g, ddof=1) for g in [*groups, control]]))
    t = np.array([(g.mean() - control.mean()) / (pooled * np.sqrt(2 / 12)) for g in groups])
    correlation = np.full((3, 3), 0.5) + 0.5 * np.eye(3)
    found = adjust("dunnett", t, np.full(3, 44.0), 0.05, correlation)
    assert found.p == pytest.approx(list(theirs.pvalue), abs=1e-3)


def test_rs_dunnett_intervals_of_the_latent_contrasts_are_near(golden: dict[str, Any]) -> None:
    """emmeans' `dunnettx` approximates what is integrated here, so the third decimal differs."""
    rows = golden["synthetic"]["emm_trt_vs_ctrl_dunnett"][:3]
    z = np.array([row["z.ratio"] for row in rows])
    correlation = np.full((3, 3), 0.5) + 0.5 * np.eye(3)
    found = adjust("dunnett", z, np.full(3, np.inf), 0.05, correlation)
    for row, p, reach in zip(rows, found.p, found.reach, strict=True):
        assert p == pytest.approx(row["p.value"], abs=3e-3)
        theirs = (row["asymp.UCL"] - row["asymp.LCL"]) / 2 / row["SE"]
        assert reach == pytest.approx(theirs, abs=0.015)


@settings(deadline=None, max_examples=40)
@given(
    estimate=st.floats(-2, 2), se=st.floats(0.01, 1), df=st.sampled_from([3.0, 30.0, np.inf]),
    bound=st.floats(0.05, 2),
)  # fmt: skip
def test_two_one_sided_tests_follow_their_interval(
    estimate: float, se: float, df: float, bound: float
) -> None:
    found = one_sided_tests(estimate, se, df, bound, 0.05)
    if abs(found.p_equivalence - 0.05) > 1e-6:
        assert (found.p_equivalence < 0.05) == (-bound < found.ci_low and found.ci_high < bound)
    if abs(found.p_non_inferiority - 0.05) > 1e-6:
        assert (found.p_non_inferiority < 0.05) == (found.ci_low > -bound)


def test_equivalence_equals_statsmodels_on_paired_means() -> None:
    from statsmodels.stats.weightstats import ttost_paired

    rng = np.random.default_rng(5)
    first, second = rng.normal(3.1, 1, 25), rng.normal(3, 1, 25)
    theirs = ttost_paired(first, second, -0.5, 0.5)
    difference = first - second
    found = one_sided_tests(difference.mean(), difference.std(ddof=1) / 5, 24, 0.5, 0.05)
    assert found.p_equivalence == pytest.approx(theirs[0])
    assert found.p_non_inferiority == pytest.approx(theirs[1][1])
