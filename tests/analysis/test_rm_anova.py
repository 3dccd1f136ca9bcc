"""Repeated-measures analysis of variance against R's car, and its edge cases."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from earwitness.analysis.cells import Cells, make_cells
from earwitness.analysis.comparisons.rm_anova import rm_anova

from .conftest import GOLDEN


def cells_of(means: np.ndarray) -> Cells:
    """Participant × system means as cells of one item."""
    systems = {f"s{k}": means[:, [k]] for k in range(means.shape[1])}
    return Cells(tuple(f"p{k}" for k in range(len(means))), ("i",), systems)


def test_the_analysis_of_variance_equals_cars(synthetic: pd.DataFrame) -> None:
    expected = json.loads((GOLDEN / "golden_anova.json").read_text(encoding="utf-8"))
    one = synthetic[synthetic["scale"] == "Q1"]
    cells = make_cells(one, ["S0", "S1", "S2", "S3"])
    means = one.groupby(["system", "participant"])["value"].mean().unstack().T.to_numpy()
    assert cells.participant_means() == pytest.approx(means)
    [found] = rm_anova(cells, "Q1", 0.05)
    assert (found.statistic, found.df, found.df_error) == pytest.approx(
        (expected["F"], expected["df"], expected["df_error"])
    )
    for name in ("p", "epsilon_gg", "p_gg", "epsilon_hf", "p_hf", "partial_eta_squared",
                 "multivariate_f"):  # fmt: skip
        assert getattr(found, name) == pytest.approx(expected[name], rel=1e-6), name
    # In one term R 4.2 takes the number of systems for that of contrasts.
    assert found.mauchly_p == pytest.approx(expected["mauchly_p"], rel=1e-3)
    assert found.mauchly_w == pytest.approx(expected["mauchly"], rel=1e-6)
    assert (found.ci_low or 0) < (found.partial_eta_squared or 0) < (found.ci_high or 0)


def test_two_systems_give_the_paired_t_squared() -> None:
    means = np.random.default_rng(1).normal([0.0, 0.6], 1, (12, 2))
    [found] = rm_anova(cells_of(means), "q", 0.05)
    t = stats.ttest_rel(means[:, 0], means[:, 1])
    assert found.statistic == pytest.approx(t.statistic**2)
    assert found.p == pytest.approx(t.pvalue)
    assert (found.epsilon_gg, found.p_hf) == pytest.approx((1.0, t.pvalue))
    assert found.multivariate_p == pytest.approx(t.pvalue)


@pytest.mark.parametrize("means", [np.ones((5, 3)), np.zeros((1, 3)), np.full((4, 2), np.nan)])
def test_what_cannot_be_analysed_gives_no_number(means: np.ndarray) -> None:
    assert rm_anova(cells_of(means), "q", 0.05) == []


def test_correlated_differences_call_for_the_multivariate_test() -> None:
    rng = np.random.default_rng(2)
    steps = rng.normal(0, 1, (20, 4)) * [0.1, 0.1, 0.1, 3.0]
    [found] = rm_anova(cells_of(steps), "q", 0.05)
    assert (found.epsilon_hf or 1) < 0.85
    assert found.recommended == "multivariate"
