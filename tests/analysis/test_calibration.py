"""Two hundred simulated studies: no test is much more liberal, or weaker, than it claims.

Each bound is one that a correct method (6 % false positives, 93 % coverage) misses less than once
in 10,000 runs; `python -m benchmarks.calibration` does the same for thousands of studies.
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from earwitness.analysis.arrays import Floats
from earwitness.analysis.planning.balanced import Comparisons, linear_model, min_f
from earwitness.analysis.planning.cumulative import cumulative_model
from earwitness.analysis.planning.restriction import restriction
from earwitness.analysis.planning.simulation import Deviations, World, simulate

STUDIES = 200
WORLD = World(Deviations(1.0, 0.5, 0.6, 0.5), cuts=(-2.2, -0.8, 0.6, 2.0))
MOST_FALSE = int(stats.binom.isf(1e-4, STUDIES, 0.06))  # 26
LEAST_COVERED = int(stats.binom.ppf(1e-4, STUDIES, 0.93))  # 171
EFFECT = 1.06  # logits; a test that knows the variances finds it 4 times in 5


def _studies(effects: tuple[float, ...], items: int, participants: int = 20) -> Floats:
    generator = np.random.default_rng(11)
    return simulate(WORLD, np.array(effects), participants, items, STUDIES, generator)


@pytest.mark.parametrize("items", [8, 4])
def test_the_linear_model_and_the_safeguard_hold_their_level_and_naive_tests_do_not(
    items: int,
) -> None:
    studies = _studies((0.0, 0.0, 0.0, 0.0), items)
    for compared in (linear_model(studies), min_f(studies)):
        assert np.sum(compared.p[:, 0] < 0.05) <= MOST_FALSE
    trials = (studies[..., 1] - studies[..., 0]).reshape(STUDIES, -1)
    assert np.sum(stats.ttest_1samp(trials, 0, axis=1).pvalue < 0.05) > MOST_FALSE


def test_intervals_of_the_linear_model_cover_and_its_power_is_near_what_can_be_had() -> None:
    found = linear_model(_studies((0.0, EFFECT, 0.0, 0.0), items=8))
    truth = WORLD.mean_rating(EFFECT) - WORLD.mean_rating(0.0)
    off = np.abs(found.estimates[:, 0] - truth)
    assert np.sum(off <= found.reach(0.05)[:, 0]) >= LEAST_COVERED
    known = np.std(found.estimates[:, 0], ddof=1)
    oracle = np.mean(np.abs(found.estimates[:, 0]) > 1.96 * known)
    assert np.mean(found.p[:, 0] < 0.05) > 0.85 * oracle


def test_the_cumulative_model_holds_its_level_with_the_widened_errors() -> None:
    studies = _studies((0.0, 0.0), items=8, participants=12)
    linear, wider = linear_model(studies), restriction(studies)
    fits = [cumulative_model(study) for study in studies]
    estimates, errors = (np.array([fit[k] for fit in fits]) for k in (0, 1))
    failed = np.isnan(errors)
    assert failed.sum() <= STUDIES // 20  # the linear model stands in for those
    found = Comparisons(
        np.where(failed, linear.estimates, estimates),
        np.where(failed, linear.errors, errors * wider[:, None]),
        linear.df,
    )
    assert np.sum(found.p[:, 0] < 0.05) <= MOST_FALSE
