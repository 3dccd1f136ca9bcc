"""Friedman, Wilcoxon, Kendall's W, ICC and Krippendorff's α against R and published examples."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from earwitness.analysis.agreement.coefficients import (
    agreement,
    intraclass,
    listeners,
    sos_parameter,
)
from earwitness.analysis.agreement.krippendorff import alpha_ordinal
from earwitness.analysis.cells import Cells, make_cells
from earwitness.analysis.comparisons.rank_tests import friedman, rank_tests, wilcoxon
from earwitness.analysis.describe import scale_of
from earwitness.analysis.inputs.preregistration import make_plan


@pytest.fixture(scope="module")
def question(synthetic: pd.DataFrame) -> pd.DataFrame:
    return synthetic[synthetic["scale"] == "Q1"]


def means(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.pivot_table(index="participant", columns="system", values="value")


def test_friedman_and_kendalls_w_equal_r(question: pd.DataFrame, golden: dict[str, Any]) -> None:
    expected = golden["synthetic"]["friedman_q1_participant_means"]
    statistic, df, p, w = friedman(means(question).to_numpy())
    assert statistic == pytest.approx(expected["chi2"], rel=1e-10)
    assert df == expected["df"]
    assert p == pytest.approx(expected["p"], rel=1e-8)
    assert w == pytest.approx(expected["kendall_W"], rel=1e-10)


def test_wilcoxon_equals_r(question: pd.DataFrame, golden: dict[str, Any]) -> None:
    table = means(question)
    for pair, expected in golden["synthetic"]["wilcoxon_q1"]["raw"].items():
        first, second = pair.split()
        v, p, _ = wilcoxon((table[first] - table[second]).to_numpy())
        if pair == "S0 S1":
            # Two differences are equal on paper; in R they differ in the last bit and get ranks
            # of their own. We round to 12 decimals first, so that ties are ties.
            assert v == pytest.approx(expected["V"], abs=0.5)
            assert p == pytest.approx(expected["p"], abs=2e-3)
        else:
            assert v == pytest.approx(expected["V"])
            assert p == pytest.approx(expected["p"], rel=1e-8)


def test_rank_tests_adjust_over_the_systems(question: pd.DataFrame) -> None:
    systems = ["S0", "S1", "S2", "S3"]
    plan = make_plan(None, "S0", "rating ~ system", [], systems)
    ordered = plan.model_copy(update={"expected_order": ["S3", "S0", "S1", "S2"]})
    records = rank_tests(make_cells(question, systems), "Q1", "S0", ordered)
    assert [record.name for record in records] == ["friedman", "page", *["wilcoxon"] * 3]
    assert (records[1].p or 1) < 1e-4
    pairs = records[2:]
    assert all((row.p_adjusted or 0) >= (row.p or 0) for row in pairs)
    # R: p of S0–S2 is the smallest of the three pairs with S0.
    assert pairs[1].p_adjusted == pytest.approx(3 * 0.00534642171847167, rel=1e-6)


def test_two_systems_and_ties_are_no_problem_for_friedman() -> None:
    table = np.array([[1.0, 2.0], [1.0, 2.0], [2.0, 2.0], [3.0, 4.0]])
    statistic, df, _, w = friedman(table)
    assert df == 1
    assert statistic == pytest.approx(3.0)
    assert w == pytest.approx(0.75)
    assert np.isnan(friedman(np.ones((4, 3)))[0])


def test_all_six_icc_equal_psych_on_the_shrout_fleiss_table(golden: dict[str, Any]) -> None:
    published = golden["shrout_fleiss_1979"]
    rows = {row["type"]: row for row in published["results"]}
    found = intraclass(np.array(published["data"], dtype=float))
    kinds = {"icc_1_1": "ICC1", "icc_1_k": "ICC1k", "icc_a_1": "ICC2", "icc_a_k": "ICC2k",
             "icc_c_1": "ICC3", "icc_c_k": "ICC3k"}  # fmt: skip
    assert set(found) == set(kinds)
    for name, kind in kinds.items():
        expected = rows[kind]
        assert found[name] == pytest.approx(
            (expected["ICC"], expected["lower bound"], expected["upper bound"]), abs=1e-6
        )


def test_votes_at_the_two_ends_have_an_sos_parameter_of_one() -> None:
    """A vote at either end has variance (x − 1)(5 − x); n / (n − 1) is the sample's correction."""
    votes = np.where(np.random.default_rng(1).random((40, 6)) < 0.4, 5.0, 1.0)
    assert sos_parameter(votes, 1, 5)[0] == pytest.approx(40 / 39)
    alike = np.tile(np.array([2.0, 3.0, 4.0]), (7, 1))
    assert sos_parameter(alike, 1, 5)[0] == 0


def test_sos_follows_a_binomial_scale() -> None:
    """Votes 1 + Binomial(4, p) have variance (x − 1)(5 − x) / 4: a = 1/4 (Hoßfeld et al. 2011)."""
    rng = np.random.default_rng(2)
    votes = 1.0 + rng.binomial(4, rng.uniform(0.1, 0.9, 30), size=(400, 30))
    value, low, high = sos_parameter(votes, 1, 5)
    assert value == pytest.approx(0.25, abs=0.01)
    assert low < value < high


def test_a_participant_who_turns_the_scale_round_stands_out() -> None:
    rng = np.random.default_rng(3)
    quality = rng.normal(3, 1, 20)
    table = quality + rng.normal(0, 0.4, (8, 20))
    table[2] = 6 - table[2]
    table[5] += 1.5
    table[6, :18] = np.nan
    cells = Cells(tuple("abcdefgh"), tuple(f"i{k}" for k in range(20)), {"s": table})
    found = {row.participant: row for row in listeners(cells, "q", 0.05)}
    assert (found["c"].correlation or 0) < -0.8
    assert (found["f"].correlation or 0) > 0.8
    assert (found["f"].bias or 0) > 1.2
    assert found["g"].correlation is None
    others = np.delete(table, 0, axis=0)
    expected = np.corrcoef(table[0], np.nanmean(others, axis=0))[0, 1]
    assert found["a"].correlation == pytest.approx(expected)


KRIPPENDORFF_2011 = """
1 2 3 3 2 1 4 1 2 . . .
1 2 3 3 2 2 4 1 2 5 . 3
. 3 3 3 2 3 4 2 2 5 1 .
1 2 3 3 2 4 4 1 2 5 1 .
"""


def test_ordinal_alpha_equals_the_published_example() -> None:
    """Krippendorff 2011, "Computing Krippendorff's Alpha-Reliability": ordinal α = 0.815."""
    rows = [
        [np.nan if cell == "." else float(cell) for cell in line.split()]
        for line in KRIPPENDORFF_2011.strip().splitlines()
    ]
    value, low, high = alpha_ordinal(np.array(rows).T)
    assert value == pytest.approx(0.815, abs=5e-4)
    assert low < value < high


@settings(deadline=None, max_examples=25)
@given(seed=st.integers(0, 10_000))
def test_alpha_does_not_depend_on_order_or_step_of_the_categories(seed: int) -> None:
    rng = np.random.default_rng(seed)
    table = rng.integers(1, 6, (8, 4)).astype(float)
    table[rng.random(table.shape) < 0.15] = np.nan
    value = alpha_ordinal(table)[0]
    shuffled = table[rng.permutation(8)][:, rng.permutation(4)]
    assert alpha_ordinal(shuffled)[0] == pytest.approx(value, nan_ok=True)
    assert alpha_ordinal(table**3)[0] == pytest.approx(value, nan_ok=True)
    if np.isfinite(value):
        assert value <= 1


def test_perfect_agreement_is_one_and_equal_answers_have_no_alpha() -> None:
    table = np.repeat(np.array([[1.0], [3.0], [5.0]]), 4, axis=1)
    assert alpha_ordinal(table)[0] == pytest.approx(1)
    assert np.isnan(alpha_ordinal(np.ones((3, 4)))[0])


def test_a_coefficient_that_cannot_be_computed_says_why(question: pd.DataFrame) -> None:
    one = question[question["participant"] == "P0001"]
    for record in agreement(
        make_cells(one, ["S0", "S1"]), scale_of("Q1", question["value"], None), 0.05, 1
    ):
        assert record.value is None
        assert record.reason
