"""The cumulative link mixed model against R, statsmodels, itself, and data that refuse it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.miscmodels.ordinal_model import OrderedModel

from earwitness.analysis.ordinal.clmm import fit_clmm
from earwitness.analysis.ordinal.data import ordinal_data
from earwitness.analysis.ordinal.links import LinkName
from earwitness.analysis.ordinal.model import OrdinalMixedModel
from earwitness.analysis.ordinal.tests import likelihood_ratio
from earwitness.analysis.random_effects.terms import RandomSlopes, partition
from earwitness.stimuli.errors import DataError

from .conftest import GOLDEN
from .ordinal_cases import (
    SYSTEM_BY_QUESTION,
    WINE_NAMES,
    against_first,
    simulated,
    terms,
    treatment,
    wine,
    wine_design,
)

COEFFICIENT, LIKELIHOOD = 2e-4, 1e-4  # tolerances against R


@pytest.fixture(scope="module")
def strict() -> dict[str, Any]:
    """R's results with tight tolerances (`golden_clmm.R`)."""
    return json.loads((GOLDEN / "golden_clmm.json").read_text(encoding="utf-8"))


def fit_wine(*random: str, points: int = 1, **options: Any) -> OrdinalMixedModel:
    frame = wine()
    data = ordinal_data(frame["rating"], wine_design(frame), WINE_NAMES, **options)
    return fit_clmm(data, terms(frame, *random), quadrature_points=points)


def fit_systems(frame: pd.DataFrame, *random: str, **options: Any) -> OrdinalMixedModel:
    X, names = against_first(frame)
    return fit_clmm(ordinal_data(frame["value"], X, names, **options), terms(frame, *random))


def equals(model: OrdinalMixedModel, expected: dict[str, Any], errors: bool = True) -> None:
    """Coefficients, standard errors, log-likelihood and standard deviations of a record of R."""
    assert model.converged, model.notes
    assert model.log_likelihood == pytest.approx(expected["logLik"], abs=LIKELIHOOD)
    found = dict(zip(model.data.parameter_names, model.parameters, strict=False))
    wrong = dict(zip(model.data.parameter_names, model.standard_errors, strict=False))
    for name, value in expected["coefficients"].items():
        assert found[name] == pytest.approx(value, abs=COEFFICIENT), name
        if errors:
            assert wrong[name] == pytest.approx(expected["se"][name], abs=COEFFICIENT), name
    for term in model.random:
        sds = np.atleast_1d(expected["random_sd"][term.name.replace("item", "song")])
        assert term.deviations == pytest.approx(sds, abs=COEFFICIENT)


@pytest.mark.parametrize("link", ["logit", "probit"])
def test_wine_equals_r(link: LinkName, golden: dict[str, Any]) -> None:
    expected = golden["wine"][f"judge_laplace_{link}"]
    model = fit_wine("judge", link=link)
    equals(model, expected)
    assert model.random[0].modes[:, 0] == pytest.approx(expected["ranef_head"]["judge"], abs=2e-4)


def test_cloglog_equals_r_whose_clmm_swaps_it_with_loglog(
    golden: dict[str, Any], strict: dict[str, Any]
) -> None:
    """`clm` of the same package has it our way round, and so has the textbook."""
    equals(fit_wine("judge", link="cloglog"), strict["wine_clmm_loglog"], errors=False)
    equals(fit_wine(link="cloglog"), strict["wine_clm_cloglog"])
    frame = wine()
    turned = ordinal_data(-frame["rating"], -wine_design(frame), WINE_NAMES, link="cloglog")
    model = fit_clmm(turned, terms(frame, "judge"))
    expected = strict["wine_clmm_cloglog"]
    assert model.log_likelihood == pytest.approx(expected["logLik"], abs=1e-6)
    cuts = list(expected["coefficients"].values())[:4]
    assert -model.cut_points[::-1] == pytest.approx(cuts, abs=COEFFICIENT)
    errors = list(golden["wine"]["judge_laplace_cloglog"]["se"].values())[4:]
    assert model.standard_errors[4:6] == pytest.approx(errors, abs=COEFFICIENT)


def test_quadrature_interaction_equidistant_and_a_boundary_equal_r(golden: dict[str, Any]) -> None:
    expected = golden["wine"]
    equals(fit_wine("judge", points=10), expected["judge_agq10"])
    crossed = fit_wine("judge", "bottle")
    equals(crossed, expected["judge_bottle_crossed"])
    assert crossed.convergence.dropped == ("bottle",)
    assert "bottle was dropped" in crossed.notes[0]
    frame = wine()
    X = np.column_stack([wine_design(frame), wine_design(frame).prod(axis=1)])
    data = ordinal_data(frame["rating"], X, [*WINE_NAMES, "tempwarm:contactyes"])
    equals(fit_clmm(data, terms(frame, "judge")), expected["judge_interaction"])
    even = dict(expected["judge_equidistant"])
    for part in ("coefficients", "se"):
        even[part] = {
            name.replace("threshold.1", "1|2"): value for name, value in even[part].items()
        }
    equals(fit_wine("judge", structure="equidistant"), even)


def test_symmetric_thresholds_equal_r(strict: dict[str, Any]) -> None:
    model, expected = fit_wine("judge", structure="symmetric"), strict["wine_symmetric"]
    assert model.log_likelihood == pytest.approx(expected["logLik"], abs=LIKELIHOOD)
    values = expected["coefficients"]
    assert model.coefficients == pytest.approx(
        [values[name] for name in WINE_NAMES], abs=COEFFICIENT
    )
    first, second, gap = (values[k] for k in ("central.1", "central.2", "spacing.1"))
    cuts = [first - gap, first, second, second + gap]
    assert model.cut_points == pytest.approx(cuts, abs=2 * COEFFICIENT)


def test_random_slopes_equal_r(
    golden: dict[str, Any], strict: dict[str, Any], synthetic: pd.DataFrame
) -> None:
    frame = wine()
    judge = partition(frame, ["judge"])
    design = np.column_stack([np.ones(len(frame)), frame["tempwarm"]])
    slopes = RandomSlopes("judge", judge, 9, design, ("", "tempwarm"))
    data = ordinal_data(frame["rating"], wine_design(frame), WINE_NAMES)
    equals(fit_clmm(data, [slopes]), golden["wine"]["judge_slope"])
    one = synthetic[synthetic["scale"] == "Q1"].reset_index(drop=True)
    x = one["system"].str[1:].to_numpy(dtype=float)
    person, item = terms(one, "participant", "item")
    slopes = RandomSlopes(
        person.name, person.codes, person.levels, np.column_stack([np.ones(len(x)), x]), ("", "x")
    )
    data = ordinal_data(one["value"], x[:, None], ["x"])
    equals(fit_clmm(data, [slopes, item]), strict["q1_slope_crossed"])


@pytest.mark.parametrize(
    ("name", "random", "link"),
    [
        ("clmm_part_song", ("participant", "item"), "logit"),
        ("clmm_part_song_partsys", ("participant", "item", "participant:system"), "logit"),
        ("clmm_part_song_partsys_probit", ("participant", "item", "participant:system"), "probit"),
    ],
)
def test_the_synthetic_listening_test_equals_r(
    name: str,
    random: tuple[str, ...],
    link: LinkName,
    synthetic: pd.DataFrame,
    golden: dict[str, Any],
) -> None:
    X = treatment(synthetic)
    data = ordinal_data(synthetic["value"], X, SYSTEM_BY_QUESTION, link=link)
    model = fit_clmm(data, terms(synthetic, *random))
    equals(model, golden["synthetic"][name])
    assert model.convergence.max_gradient < 1e-4
    assert abs(model.convergence.second_start_difference) < 1e-5


def test_without_random_effects_it_equals_clm_and_ordered_model(
    golden: dict[str, Any], synthetic: pd.DataFrame
) -> None:
    expected = golden["wine"]["clm"] | {"random_sd": {}}
    equals(fit_wine(), expected)
    X, names = against_first(synthetic)
    for link, other in (("logit", "logit"), ("probit", "probit")):
        model = fit_clmm(ordinal_data(synthetic["value"], X, names, link=link), [])
        theirs = OrderedModel(synthetic["value"].to_numpy(), X, distr=other).fit(
            method="bfgs", disp=False, gtol=1e-8
        )
        assert model.log_likelihood == pytest.approx(theirs.llf, abs=1e-6)
        assert model.coefficients == pytest.approx(theirs.params[:3], abs=1e-5)
        assert model.standard_errors[4:] == pytest.approx(theirs.bse[:3], abs=1e-4)


def test_two_answers_are_a_binomial_mixed_model(
    synthetic: pd.DataFrame, strict: dict[str, Any]
) -> None:
    one = synthetic[synthetic["scale"] == "Q1"].reset_index(drop=True)
    one["value"] = (one["value"] > 3).astype(float)
    model, expected = fit_systems(one, "participant", "item"), strict["q1_binomial"]
    assert model.log_likelihood == pytest.approx(expected["logLik"], abs=LIKELIHOOD)
    intercept, *others = expected["coefficients"].values()
    assert model.cut_points == pytest.approx([-intercept], abs=COEFFICIENT)
    assert model.coefficients == pytest.approx(others, abs=COEFFICIENT)
    assert model.standard_errors[:4] == pytest.approx(list(expected["se"].values()), abs=2e-3)


def test_what_is_only_renamed_changes_nothing() -> None:
    frame = simulated(9, 6, (0.0, 0.7, -0.5), (0.8, 0.4, 0.5, 0.4), seed=3)
    random = ("participant", "item", "participant:system", "item:system")
    model = fit_systems(frame, *random)
    assert model.converged
    shuffled = frame.sample(frac=1, random_state=1).reset_index(drop=True)
    shuffled["participant"] = shuffled["participant"].map(lambda name: f"x{hash(name) % 997}{name}")
    shuffled["value"] = shuffled["value"] ** 3
    again = fit_systems(shuffled, *random)
    assert again.log_likelihood == pytest.approx(model.log_likelihood, abs=1e-7)
    assert again.parameters == pytest.approx(model.parameters, abs=1e-5)
    frame["value"] = -frame["value"]
    turned = fit_systems(frame, *random)
    assert turned.log_likelihood == pytest.approx(model.log_likelihood, abs=1e-7)
    assert turned.coefficients == pytest.approx(-model.coefficients, abs=1e-5)
    assert turned.cut_points[::-1] == pytest.approx(-model.cut_points, abs=1e-5)


def test_an_answer_that_nobody_gave_is_noted_and_harmless() -> None:
    frame = wine()
    X = wine_design(frame)
    merged = ordinal_data(frame["rating"].replace(4, 5), X, WINE_NAMES, scale=(1, 2, 3, 4, 5))
    other = ordinal_data(frame["rating"].replace(5, 4), X, WINE_NAMES)
    first, second = (fit_clmm(data, terms(frame, "judge")) for data in (merged, other))
    assert "Nobody answered 4" in first.notes[0]
    assert first.data.cuts.names == ("1|2", "2|3", "3|5")
    assert first.parameters == pytest.approx(second.parameters, abs=1e-7)


def test_ratings_given_twice_without_random_effects_halve_the_variances() -> None:
    frame = wine()
    twice = pd.concat([frame, frame], ignore_index=True)
    models = [
        fit_clmm(ordinal_data(table["rating"], wine_design(table), WINE_NAMES), [])
        for table in (frame, twice)
    ]
    assert models[1].parameters == pytest.approx(models[0].parameters, abs=1e-6)
    assert 2 * models[1].covariance == pytest.approx(models[0].covariance, rel=1e-4)


def test_signed_designs_compare_systems() -> None:
    """AB ratings: +1 and −1 for the systems of a pair, symmetric cut points, a random slope."""
    rng = np.random.default_rng(4)
    ability = np.array([0.0, 0.8, -0.4])
    pairs = np.array([(0, 1), (0, 2), (1, 2), (1, 0)])[rng.integers(0, 4, 900)]
    listener = rng.integers(0, 30, 900)
    personal = rng.normal(0, 0.7, (30, 3))
    latent = ability[pairs] + np.take_along_axis(personal[listener], pairs, axis=1)
    difference = latent[:, 0] - latent[:, 1] + rng.logistic(size=900)
    answer = np.digitize(difference, [-0.9, 0.9]).astype(float) - 1
    signed = (pairs[:, :1] == np.arange(3)).astype(float) - (pairs[:, 1:] == np.arange(3))
    slopes = [
        RandomSlopes(f"listener:s{k}", listener, 30, signed[:, k : k + 1], ("",)) for k in range(3)
    ]
    data = ordinal_data(answer, signed[:, 1:], ["s1", "s2"], structure="symmetric")
    model = fit_clmm(data, slopes)
    assert model.converged, model.notes
    assert np.all(np.abs(model.coefficients - ability[1:]) < 3 * model.standard_errors[2:4])
    flipped = ordinal_data(-answer, -signed[:, 1:], ["s1", "s2"], structure="symmetric")
    other = fit_clmm(flipped, slopes)
    assert other.coefficients == pytest.approx(model.coefficients, abs=1e-5)
    assert other.thresholds[0] == pytest.approx(-model.thresholds[0], abs=1e-5)


@settings(max_examples=12, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    participants=st.integers(2, 6),
    items=st.integers(1, 4),
    missing=st.floats(0, 0.5),
)
def test_any_small_table_gives_a_model_or_one_line(
    seed: int, participants: int, items: int, missing: float
) -> None:
    frame = simulated(participants, items, (0.0, 3.0), (2.0, 0.5, 0.5, 0.0), seed)
    frame = frame[np.random.default_rng(seed).random(len(frame)) >= missing]
    frame = frame.reset_index(drop=True)
    if frame["system"].nunique() < 2:
        return
    try:
        model = fit_systems(frame, "participant", "item", "participant:system")
    except DataError:
        return
    assert model.notes or model.converged
    if model.converged:
        assert np.all(np.isfinite(model.standard_errors))


def test_a_real_mushra_test_is_a_cumulative_probability_model() -> None:
    """Stahl et al. 2024 as screened by its authors; R's clmm stops unconverged on these data."""
    frame = pd.read_csv(GOLDEN.parent / "ratings" / "stahl2024.csv", dtype={"participant": str})
    frame = frame[~frame["participant"].isin(["6", "17"])]
    frame = frame[~frame["system"].isin(["Reference", "Anchor"])].reset_index(drop=True)
    model = fit_systems(frame, "participant", "item")
    assert model.converged
    assert len(model.cut_points) == 99
    assert model.log_likelihood == pytest.approx(-4408.7743, abs=1e-3)
    assert model.coefficients == pytest.approx(
        [-3.540, -2.145, -1.395, -2.002, -0.855, -1.889], abs=1e-3
    )
    errors = model.standard_errors[99:105]
    assert errors == pytest.approx([0.236, 0.220, 0.216, 0.217, 0.211, 0.215], abs=1e-3)
    assert list(model.deviations.values()) == pytest.approx([1.116, 0.405], abs=1e-3)


def test_planted_parameters_are_recovered() -> None:
    frame = simulated(120, 24, (0.0, 0.4, 0.9, -0.8), (1.0, 0.5, 0.6, 0.4), seed=11)
    model = fit_systems(frame, "participant", "item", "participant:system", "item:system")
    assert model.converged
    truth = np.array([-2.2, -0.8, 0.6, 2.0, 0.4, 0.9, -0.8, 1.0, 0.5, 0.6, 0.4])
    distance = np.abs(np.abs(model.parameters) * np.sign(truth) - truth) / model.standard_errors
    assert np.all(distance < 3.5)
    assert np.mean(distance) < 1.5


def test_a_fit_that_ended_badly_says_so_in_words() -> None:
    good = fit_wine("judge")
    assert good.convergence.complaint == ""
    for change, words in (
        ({"condition_number": np.inf}, "no proper maximum"),
        ({"decrement": 1.0}, "not flat"),
        ({"second_start_difference": 0.5}, "two starts"),
    ):
        bad = replace(good, convergence=replace(good.convergence, **change))
        assert not bad.converged
        assert words in bad.convergence.complaint
        with pytest.raises(DataError, match=words):
            likelihood_ratio(good, bad)


def test_what_has_no_finite_or_unique_estimate_is_refused() -> None:
    frame = simulated(6, 4, (0.0, 0.5, 0.2), (0.5, 0.5, 0.0, 0.0), seed=1)
    X, names = against_first(frame)
    with pytest.raises(DataError, match="all answers are equal"):
        ordinal_data(np.full(len(frame), 3.0), X, names)
    best = frame["value"].where(frame["system"] != "s2", 5.0)
    with pytest.raises(DataError, match=r"no finite estimate of system\[s2\]"):
        fit_clmm(ordinal_data(best, X, names), terms(frame, "participant"))
    with pytest.raises(DataError, match="double is a combination of others"):
        ordinal_data(frame["value"], np.column_stack([X, 2 * X[:, 0]]), [*names, "double"])
    with pytest.raises(DataError, match="missing"):
        ordinal_data(frame["value"].where(frame["value"] > 1), X, names)
    with pytest.raises(DataError, match="exactly one random intercept"):
        fit_clmm(
            ordinal_data(frame["value"], X, names),
            terms(frame, "participant", "item"),
            quadrature_points=5,
        )
