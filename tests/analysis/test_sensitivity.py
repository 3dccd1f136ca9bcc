"""The analyses beside the primary one: right, fast, and agreeing where they should."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.miscmodels.ordinal_model import OrderedModel

from earwitness.analysis import report
from earwitness.analysis.comparisons.effects import cliffs_delta
from earwitness.analysis.comparisons.rank_tests import page
from earwitness.analysis.comparisons.sign_flips import sign_flip_p
from earwitness.analysis.linear.minf import crossed_mean
from earwitness.analysis.ordinal.clmm import fit_clmm
from earwitness.analysis.ordinal.data import ordinal_data
from earwitness.analysis.ordinal.pooled import fit_pooled
from earwitness.analysis.random_effects.terms import partition
from earwitness.analysis.resampling import crossed_draws

Make = Callable[..., pd.DataFrame]


def test_the_pooled_logit_equals_statsmodels_clustered_both_ways(ratings: Make) -> None:
    frame = ratings(participants=15, items=8, scales=("q",))
    systems = ["constant", "human-mix", "lead-up-12db"]
    X = np.column_stack([(frame["system"] == s).to_numpy(dtype=float) for s in systems])
    people, items = partition(frame, ["participant"]), partition(frame, ["item"])
    ours = fit_pooled(ordinal_data(frame["value"], X, systems), people, items)
    assert ours is not None
    answers = frame["value"].astype(pd.CategoricalDtype(sorted(frame["value"].unique()), True))
    theirs = OrderedModel(answers, X, distr="logit").fit(
        method="bfgs", disp=False, gtol=1e-8, maxiter=500, cov_type="cluster",
        cov_kwds={"groups": np.column_stack([people, items])},
    )  # fmt: skip
    assert ours.coefficients == pytest.approx(np.asarray(theirs.params)[:3], abs=1e-4)
    assert ours.standard_errors == pytest.approx(np.asarray(theirs.bse)[:3], rel=0.01)


def test_the_bootstrap_over_both_factors_is_fast() -> None:
    """14,400 ratings: 300 participants, 12 items, 4 systems; 2,000 draws."""
    difference = np.random.default_rng(1).normal(0.2, 1, (300, 12, 4))
    start = time.process_time()
    draws = crossed_draws(300, 12, seed=1)
    means = draws.sums(difference)
    assert time.process_time() - start < 1.0
    assert means.shape == (2000, 4)


def test_the_permutation_test_holds_its_level_where_wilcoxon_does_not() -> None:
    """Participants and items that differ in what they prefer, no difference on the whole."""
    rng = np.random.default_rng(11)
    ours, naive = [], []
    for _ in range(200):
        people, items = rng.normal(0, 0.8, (16, 1)), rng.normal(0, 0.8, (1, 8))
        difference = people + items + rng.normal(0, 1, (16, 8))
        ours.append(sign_flip_p(difference, seed=1, draws=499) < 0.05)
        naive.append(stats.wilcoxon(difference.mean(axis=1)).pvalue < 0.05)
    # 5 % of 200 and five binomial standard deviations.
    assert sum(ours) <= 25
    assert sum(naive) > 30


def test_the_permutation_p_is_near_that_of_min_f_on_well_behaved_data() -> None:
    difference = np.random.default_rng(2).normal(0.25, 1, (20, 12))
    mean = crossed_mean(difference)
    expected = 2 * stats.t.sf(abs(mean.estimate / mean.se), mean.df)
    assert sign_flip_p(difference, seed=1) == pytest.approx(expected, abs=0.03)


def test_permutations_without_spread_have_no_p_and_missing_cells_are_allowed() -> None:
    assert np.isnan(sign_flip_p(np.ones((4, 3)), seed=1))
    assert np.isnan(sign_flip_p(np.ones((4, 1)), seed=1))
    difference = np.random.default_rng(3).normal(1, 0.5, (10, 6))
    difference[np.random.default_rng(4).random(difference.shape) < 0.3] = np.nan
    assert 0 < sign_flip_p(difference, seed=1) < 0.05


def test_pages_published_example_is_reproduced() -> None:
    """Hollander & Wolfe 1973, table 7.1 ff.: rounding first base, the trend of three ways."""
    ranks = np.array([[1.0, 2, 3, 4], [1, 3, 2, 4], [1, 2, 4, 3], [2, 1, 3, 4]])
    # L = Σ j R_j with R = 5, 8, 12, 15: 5 + 16 + 36 + 60.
    statistic, p, n = page(ranks)
    assert (statistic, n) == (117.0, 4)
    # Page 1963, table 2: for 4 rows of 4 the 1 % point is 114 and the 0.1 % point 117.
    assert p <= 0.001
    assert page(ranks[:, ::-1])[1] > 0.9


def test_a_clear_difference_is_agreed_on_by_every_analysis(ratings: Make) -> None:
    data = report(ratings(participants=20, items=8, scales=("q",)), baseline="unmixed").data
    names = {row.analysis for row in data.sensitivity}
    assert {"linear mixed model", "min-F′"} <= names
    assert any("pooled ordinal" in name for name in names)
    assert any("permutation" in name for name in names)
    human = [row for row in data.sensitivity if row.system == "human-mix"]
    assert all(row.agrees for row in human)
    assert "same decisions" in data.findings[0].on_robustness


def test_results_with_and_without_screening_stand_side_by_side(ratings: Make) -> None:
    frame = ratings(participants=10, items=6, scales=("q",))
    frame.loc[frame["participant"] == "p0001", "value"] = 3
    data = report(frame, baseline="unmixed").data
    rows = [row for row in data.sensitivity if row.analysis == "everything flagged left out"]
    assert len(rows) == 3
    without = report(frame[frame["participant"] != "p0001"], baseline="unmixed").data
    for row in rows:
        other = next(c for c in without.contrasts if c.system == row.system)
        assert row.estimate == pytest.approx(other.estimate)
        assert row.p_adjusted == pytest.approx(other.p_adjusted)


# Ratings of the whole, 1..5, of four mixes by 30 listeners of 15 songs: published counts
# (likelian/Lab_spring2022), rows are the mixes.
COUNTS = {
    "random": (143, 169, 86, 38, 14), "rules": (55, 178, 133, 65, 19),
    "network": (54, 185, 159, 37, 15), "human": (32, 89, 149, 125, 55),
}  # fmt: skip


def counted(system: str) -> np.ndarray:
    return np.repeat(np.arange(1.0, 6.0), COUNTS[system])


def test_a_published_table_of_counts_gives_its_pooled_logit_and_its_effect_sizes() -> None:
    """Computed with statsmodels' OrderedModel and scipy's mannwhitneyu, to the printed digits."""
    y = np.concatenate([counted(system) for system in COUNTS])
    system = np.repeat(list(COUNTS), 450)
    others = ["rules", "network", "human"]
    X = np.column_stack([(system == name).astype(float) for name in others])
    fit = fit_clmm(ordinal_data(y, X, others), [])
    assert fit.coefficients == pytest.approx([0.9026, 0.7747, 1.9455], abs=6e-5)
    assert fit.standard_errors[4:] == pytest.approx([0.1248, 0.1232, 0.1308], abs=6e-5)
    assert fit.log_likelihood == pytest.approx(-2516.717, abs=6e-4)
    draws = crossed_draws(450, 1, seed=0, draws=2)
    for (first, second), expected in {
        ("rules", "random"): 0.256, ("human", "random"): 0.500, ("network", "rules"): -0.041,
        ("human", "rules"): 0.307, ("human", "network"): 0.361,
    }.items():  # fmt: skip
        value, _ = cliffs_delta(counted(first)[:, None], counted(second)[:, None], draws)
        assert value == pytest.approx(expected, abs=6e-4)
