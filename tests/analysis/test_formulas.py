"""Formulas over factors and covariates against R, and what cannot be fitted, in words."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from earwitness.analysis import report
from earwitness.analysis.records.report import Model, ReportData
from earwitness.stimuli.errors import ConfigError, DataError

from .conftest import GOLDEN

Make = Callable[..., pd.DataFrame]
COVARIATES = "rating ~ system * expertise + position"


@pytest.fixture(scope="module")
def expected() -> dict[str, Any]:
    """R's results: `golden_formula.R`."""
    return json.loads((GOLDEN / "golden_formula.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def tables(synthetic: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The first question of the synthetic test, with the covariates of `golden_formula.R`."""
    ratings = synthetic[synthetic["scale"] == "Q1"].reset_index(drop=True)
    number = ratings["participant"].str[1:].astype(int)
    ratings["trial"] = (ratings["item"].str[1:].astype(int) * 5 + number) % 8 + 1
    levels = ("amateur", "hobbyist", "professional")
    people = pd.DataFrame({"participant": sorted(ratings["participant"].unique())})
    people["expertise"] = [levels[int(name[1:]) % 3] for name in people["participant"]]
    systems = pd.DataFrame({"system": ["S0", "S1", "S2", "S3"]})
    systems["z"] = [0, 1, 0, 1]
    systems["rnn"] = [False, False, True, True]
    return {"table": ratings, "participants": people, "systems": systems}


@pytest.fixture(scope="module")
def covariates(tables: dict[str, pd.DataFrame]) -> ReportData:
    return report(**tables, baseline="S0", formula=COVARIATES).data


@pytest.fixture(scope="module")
def factors(tables: dict[str, pd.DataFrame]) -> ReportData:
    return report(**tables, baseline="S0", formula="rating ~ z * rnn").data


def as_in_r(term: str) -> str:
    """`system[S1]:expertise[pro]` as `systemS1:expertisepro`."""
    return re.sub(r"\[(.*?)\]", r"\1", term)


def assert_equals_r(model: Model, theirs: dict[str, Any], tolerance: float) -> None:
    assert model.converged
    assert model.log_likelihood == pytest.approx(theirs["log_likelihood"], abs=1e-4)
    rows = {as_in_r(row.term): row for row in [*model.coefficients, *model.thresholds]}
    assert set(rows) == set(theirs["coefficients"])
    for name, row in rows.items():
        assert row.estimate == pytest.approx(theirs["coefficients"][name], abs=tolerance)
        if isinstance(theirs["se"], dict):
            assert row.se == pytest.approx(theirs["se"][name], abs=tolerance)
    if isinstance(theirs["se"], list):
        found = [row.se for row in model.coefficients]
        assert found == pytest.approx(theirs["se"], abs=tolerance)


@pytest.mark.parametrize("which", ["covariates", "factors"])
def test_the_models_of_a_formula_equal_r(
    which: str, expected: dict[str, Any], request: pytest.FixtureRequest
) -> None:
    data: ReportData = request.getfixturevalue(which)
    cumulative, linear = data.models
    assert_equals_r(cumulative, expected[which]["clmm"], 2e-4)
    assert_equals_r(linear, expected[which]["lmer"], 5e-5)  # lmer stops at a singular fit
    assert cumulative.convergence is not None
    assert (cumulative.convergence.decrement or 1) < 1e-6


@pytest.mark.parametrize("which", ["covariates", "factors"])
def test_f_tests_of_whole_terms_equal_lmertest(
    which: str, expected: dict[str, Any], request: pytest.FixtureRequest
) -> None:
    data: ReportData = request.getfixturevalue(which)
    tests = {row.term: row for row in data.model_tests if row.method == "satterthwaite_f"}
    assert set(tests) == set(expected[which]["anova"])
    for term, theirs in expected[which]["anova"].items():
        assert tests[term].statistic == pytest.approx(theirs["F"], rel=1e-4)
        assert tests[term].df == theirs["df"]
        assert tests[term].df_residual == pytest.approx(theirs["df_residual"], rel=1e-3)
        assert tests[term].p == pytest.approx(theirs["p"], abs=1e-5)


def test_likelihood_ratios_of_terms_equal_r(
    covariates: ReportData, expected: dict[str, Any]
) -> None:
    tests = {
        row.term: row for row in covariates.model_tests if row.method == "likelihood_ratio"
        and row.kind == "term"
    }  # fmt: skip
    assert {term: test.df for term, test in tests.items()} == {
        "system": 3, "expertise": 2, "position": 1, "system:expertise": 6,
    }  # fmt: skip
    for term, statistic in expected["ratios"].items():
        assert tests[term].statistic == pytest.approx(statistic, abs=3e-4)


def test_comparisons_at_a_level_and_over_all_levels_equal_lmertest(
    covariates: ReportData, expected: dict[str, Any]
) -> None:
    rows = {row.at: row for row in covariates.contrasts if row.system == "S1"}
    assert set(rows) == {"", *(f"expertise={e}" for e in ("amateur", "hobbyist", "professional"))}
    for at, key in (("", "averaged"), ("expertise=professional", "at_professional")):
        theirs, ours = expected["covariates"]["contrasts"][key], rows[at].points
        assert ours.estimate == pytest.approx(theirs["Estimate"], abs=1e-5)
        assert ours.se == pytest.approx(theirs["Std. Error"], abs=1e-5)
        assert ours.df == pytest.approx(theirs["df"], rel=1e-3)
    assert rows["expertise=professional"].n_participants == 8


def test_interaction_contrasts_and_marginal_means_are_sums_of_coefficients(
    covariates: ReportData,
) -> None:
    beta = {c.term: c.estimate or 0.0 for c in covariates.models[0].coefficients}
    found = {row.contrast: row for row in covariates.effect_contrasts}
    row = found["(system[S3] − system[S0]) × (expertise[professional] − expertise[amateur])"]
    assert row.estimate == pytest.approx(beta["system[S3]:expertise[professional]"])
    assert row.odds_ratio is not None
    assert row.odds_ratio.estimate == pytest.approx(np.exp(row.estimate))
    assert found["position + 1"].estimate == pytest.approx(beta["position"])
    row = found["expertise[professional] − expertise[hobbyist]"]
    over = [beta[f"system[{s}]:expertise[{e}]"] for s in ("S1", "S2", "S3")
            for e in ("professional", "hobbyist")]  # fmt: skip
    mean = beta["expertise[professional]"] - beta["expertise[hobbyist]"]
    assert row.estimate == pytest.approx(mean + (sum(over[::2]) - sum(over[1::2])) / 4)
    means = [m for m in covariates.marginal_means if m.term == "system:expertise"]
    assert len(means) == 12
    pair = {tuple(m.at.values()): m for m in means}
    assert pair["S1", "amateur"].latent is not None
    assert pair["S0", "amateur"].latent is not None
    difference = pair["S1", "amateur"].latent.estimate - pair["S0", "amateur"].latent.estimate  # type: ignore[operator,union-attr]
    assert difference == pytest.approx(beta["system[S1]"])


def test_factors_that_make_up_the_systems_give_the_same_comparisons(
    factors: ReportData, tables: dict[str, pd.DataFrame]
) -> None:
    plain = report(tables["table"], baseline="S0").data
    for mine, other in zip(factors.contrasts, plain.contrasts, strict=True):
        assert mine.estimate == pytest.approx(other.estimate, abs=1e-4)
        assert mine.se == pytest.approx(other.se, abs=1e-4)
    assert [row.contrast for row in factors.effect_contrasts] == [
        "z[1] − z[0]", "rnn[true] − rnn[false]", "(z[1] − z[0]) × (rnn[true] − rnn[false])",
    ]  # fmt: skip


def test_versions_judged_on_one_page_may_have_a_random_term(
    tables: dict[str, pd.DataFrame],
) -> None:
    formula = "rating ~ system + (1 | participant:item)"
    cumulative, _ = report(tables["table"], baseline="S0", formula=formula).data.models
    named = {row.term for row in cumulative.random}
    dropped = " ".join(cumulative.notes)
    assert "participant:item" in named or "Random participant:item was dropped" in dropped


def test_ratings_without_a_covariate_are_left_out_of_the_model_and_counted(
    ratings: Make,
) -> None:
    frame = ratings(participants=8, items=6, scales=("q",))
    frame["age"] = 20 + frame["participant"].str[-1].astype(float)
    frame.loc[frame["participant"] == "p0003", "age"] = np.nan
    data = report(frame, baseline="unmixed", formula="rating ~ system + age").data
    assert data.models[0].n_ratings == len(frame) - 24
    assert "24 ratings without age are not in the model." in data.models[0].notes


def test_a_combination_that_nobody_rated_has_no_estimate_and_says_so(ratings: Make) -> None:
    frame = ratings(participants=8, items=6, scales=("q",))
    frame["group"] = np.where(frame["participant"] < "p0004", "a", "b")
    frame = frame[(frame["group"] == "a") | (frame["system"] != "constant")]
    data = report(frame, baseline="unmixed", formula="rating ~ system * group").data
    terms = [row.term for row in data.models[1].coefficients]
    assert "system[constant]:group[b]" not in terms
    assert any("system[constant]:group[b] is not in the model" in n for n in data.models[0].notes)
    by_key = {(row.at, row.system): row for row in data.contrasts}
    assert by_key["group=a", "constant"].points.estimate is not None
    assert ("group=b", "constant") not in by_key
    row = next(t for t in data.model_tests if t.term == "system" and t.method == "satterthwaite_f")
    assert row.p is None
    assert row.reason


@pytest.mark.parametrize(
    ("formula", "message"),
    [
        ("rating ~ sistem", "did you mean 'system'"),
        ("rating ~ system + shoe", "there is no 'shoe'"),
        ("rating ~ system *", "misplaced"),
    ],
)
def test_a_formula_that_cannot_be_fitted_is_refused(
    formula: str, message: str, ratings: Make
) -> None:
    with pytest.raises(ConfigError, match=message):
        report(ratings(), formula=formula)


def test_a_variable_without_a_say_of_its_own_leaves_no_model(ratings: Make) -> None:
    frame = ratings(participants=6, scales=("q",))
    frame["z"] = frame["system"].map({"human-mix": 1, "constant": 0, "unmixed": 0}).fillna(1)
    data = report(frame, baseline="unmixed", formula="rating ~ system + z").data
    assert not any(model.converged for model in data.models)
    assert "z is determined by the rest of the formula" in data.models[0].notes[0]
    assert {row.method for row in data.contrasts} == {"min_f"}


def test_a_table_that_contradicts_itself_is_refused(tables: dict[str, pd.DataFrame]) -> None:
    twice = pd.concat([tables["participants"], tables["participants"].assign(expertise="amateur")])
    with pytest.raises(DataError, match="more than one expertise"):
        report(tables["table"], participants=twice, formula=COVARIATES)


def test_the_attribute_that_makes_the_overall_rating_is_found_and_collinearity_told(
    ratings: Make,
) -> None:
    frame = ratings(participants=10, items=6, scales=("level", "reverb"))
    rng = np.random.default_rng(3)
    wide = frame.pivot_table(index=["participant", "item", "system"], columns="scale",
                             values="value").reset_index()  # fmt: skip
    made = 0.8 * wide["level"] + 0.1 * wide["reverb"] + rng.normal(0, 0.5, len(wide))
    wide["overall"] = np.clip(np.round(made + 0.5), 1, 5)
    wide["loudness"] = wide["level"]  # says the same
    keys = ["participant", "item", "system"]
    for scales, inflated in ((["level", "reverb"], False), (["level", "reverb", "loudness"], True)):
        long = wide.melt(id_vars=keys, value_vars=["overall", *scales], var_name="scale")
        found = {row.attribute: row for row in report(long, baseline="unmixed").data.attributes}
        if inflated:
            assert not found  # without an estimate of their own
            continue
        assert set(found) == {"level", "reverb"}
        level = found["level"]
        assert level.points is not None
        assert (level.points.ci_low or 0) < 0.8 < (level.points.ci_high or 0)
        assert (level.p_adjusted or 1) < 0.001
        r = np.corrcoef(wide["level"], wide["reverb"])[0, 1]
        assert level.variance_inflation == pytest.approx(1 / (1 - r**2))
