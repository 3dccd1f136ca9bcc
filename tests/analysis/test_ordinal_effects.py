"""Marginal means, contrasts and tests of the ordinal models against R's emmeans and by counting."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm
from statsmodels.stats.multitest import multipletests

from earwitness.analysis.ordinal.clmm import best_log_likelihood, fit_clmm
from earwitness.analysis.ordinal.data import ordinal_data
from earwitness.analysis.ordinal.effects import (
    latent_means,
    mean_answers,
    odds_ratio,
    superiority,
)
from earwitness.analysis.ordinal.model import OrdinalMixedModel
from earwitness.analysis.ordinal.tests import (
    effects_left_out,
    gained,
    likelihood_ratio,
    nominal_data,
    nominal_effects,
)
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

GRID = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=float)  # cold, warm × no contact, contact
OVER_CONTACT = np.array([[0.5, 0.5, 0, 0], [0, 0, 0.5, 0.5]])


def wine_model(names: tuple[str, ...] = WINE_NAMES, random: tuple[str, ...] = ("judge",)):  # type: ignore[no-untyped-def]
    frame = wine()
    data = ordinal_data(frame["rating"], frame[list(names)].to_numpy(), names)
    return fit_clmm(data, terms(frame, *random))


@pytest.fixture(scope="module")
def three_questions(synthetic: pd.DataFrame) -> OrdinalMixedModel:
    data = ordinal_data(synthetic["value"], treatment(synthetic), SYSTEM_BY_QUESTION)
    return fit_clmm(data, terms(synthetic, "participant", "item", "participant:system"))


def grid_rows(names: pd.DataFrame) -> np.ndarray:
    """Fixed effects of rows with `system` and `question`."""
    return treatment(names.rename(columns={"question": "scale"}))


def test_means_of_wine_equal_emmeans(golden: dict[str, Any]) -> None:
    model = wine_model()
    latent = latent_means(model, GRID).combine(OVER_CONTACT)
    classes = mean_answers(model, GRID, integrate=False).combine(OVER_CONTACT)
    for means, key, column in (
        (latent, "emm_latent", "emmean"),
        (classes, "emm_mean_class", "mean.class"),
    ):
        expected = pd.DataFrame(golden["wine"][key])
        assert means.estimates == pytest.approx(expected[column].to_numpy(), abs=2e-4)
        assert means.standard_errors == pytest.approx(expected["SE"].to_numpy(), abs=2e-4)
        low, high = means.interval(0.05)
        assert low == pytest.approx(expected["asymp.LCL"].to_numpy(), abs=4e-4)
        assert high == pytest.approx(expected["asymp.UCL"].to_numpy(), abs=4e-4)


def test_contrasts_and_mean_answers_of_the_synthetic_test_equal_emmeans(
    three_questions: OrdinalMixedModel, golden: dict[str, Any]
) -> None:
    expected = pd.DataFrame(golden["synthetic"]["emm_mean_class"])
    means = mean_answers(three_questions, grid_rows(expected), integrate=False)
    assert means.estimates == pytest.approx(expected["mean.class"].to_numpy(), abs=2e-4)
    assert means.standard_errors == pytest.approx(expected["SE"].to_numpy(), abs=2e-4)
    pairs = pd.DataFrame(golden["synthetic"]["emm_pairs_holm_by_question"])
    for _, group in pairs.groupby("question"):
        sides = group["contrast"].str.split(" - ", expand=True)
        rows = [grid_rows(group.assign(system=sides[k])) for k in (0, 1)]
        found = latent_means(three_questions, np.vstack(rows))
        count = len(group)
        found = found.combine(np.hstack([np.eye(count), -np.eye(count)]))
        assert found.estimates == pytest.approx(group["estimate"].to_numpy(), abs=2e-4)
        assert found.standard_errors == pytest.approx(group["SE"].to_numpy(), abs=2e-4)
        adjusted = multipletests(found.p(), method="holm")[1]
        assert adjusted == pytest.approx(group["p.value"].to_numpy(), abs=2e-4)


def test_likelihood_ratios_equal_r(
    three_questions: OrdinalMixedModel, synthetic: pd.DataFrame, golden: dict[str, Any]
) -> None:
    expected = golden["wine"]["lrt_temp"]
    test = likelihood_ratio(wine_model(), wine_model(("contactyes",)))
    assert (test.statistic, test.df) == (pytest.approx(expected["LR"], abs=2e-4), 1)
    assert test.p == pytest.approx(expected["p"], rel=1e-3)
    kept = [k for k, name in enumerate(SYSTEM_BY_QUESTION) if not name.startswith("system")]
    random = terms(synthetic, "participant", "item", "participant:system")
    smaller = effects_left_out(
        three_questions, synthetic["value"], treatment(synthetic), random, kept
    )
    test = gained(three_questions.log_likelihood, smaller, 9)
    assert test.statistic == pytest.approx(golden["synthetic"]["lrt_system"]["LR"], abs=2e-4)
    with pytest.raises(DataError, match="not nested"):
        likelihood_ratio(wine_model(("contactyes",)), wine_model())


def test_the_check_of_proportional_odds_equals_r(
    golden: dict[str, Any], synthetic: pd.DataFrame
) -> None:
    frame = wine()
    model = wine_model(random=())
    expected = golden["wine"]["clm_nominal_test"]
    for k, name in enumerate(WINE_NAMES, start=1):
        group = frame[name].to_numpy(dtype=np.intp)
        test = nominal_effects(
            model, frame["rating"], wine_design(frame), [], group, ("no", "yes"), [name]
        )
        assert (test.statistic, test.df) == (pytest.approx(expected["LRT"][k], abs=2e-4), 3)
        assert test.p == pytest.approx(expected["p"][k], abs=2e-4)
    one = synthetic[synthetic["scale"] == "Q1"].reset_index(drop=True)
    X, names = against_first(one)
    group = np.asarray(pd.factorize(one["system"], sort=True)[0], dtype=np.intp)
    strict = json.loads((GOLDEN / "golden_clmm.json").read_text(encoding="utf-8"))
    model = fit_clmm(ordinal_data(one["value"], X, names), [])
    labels = ("S0", "S1", "S2", "S3")
    free, df = nominal_data(model, one["value"], X, group, labels, names)
    expected = strict["q1_nominal_clm"]
    assert best_log_likelihood(free, []) == pytest.approx(expected["logLik"], abs=1e-4)
    assert df == 9
    random = terms(one, "participant", "item")
    mixed = fit_clmm(ordinal_data(one["value"], X, names), random)
    test = nominal_effects(mixed, one["value"], X, random, group, labels, names)
    full = 2 * (fit_clmm(free, random).log_likelihood - mixed.log_likelihood)
    assert test.statistic == pytest.approx(full, abs=1e-3)
    with pytest.raises(DataError, match="one set of cut points"):
        mean_answers(fit_clmm(free, []), np.zeros((1, 0)), integrate=True)


def test_means_over_listeners_and_superiority_equal_what_a_simulation_counts() -> None:
    frame = simulated(40, 8, (0.0, 0.9), (0.9, 0.4, 0.6, 0.3), seed=5)
    X, names = against_first(frame)
    random = ("participant", "item", "participant:system", "item:system")
    model = fit_clmm(ordinal_data(frame["value"], X, names), terms(frame, *random))
    rng = np.random.default_rng(6)
    sd = np.array([model.deviations.get(name, 0.0) for name in random])
    draws = 400_000
    shared = rng.normal(size=draws) * np.hypot(sd[0], sd[1])
    answers = []
    for shift in (0.0, float(model.coefficients[0])):
        own = rng.normal(size=draws) * np.hypot(sd[2], sd[3])
        latent = shift + shared + own + rng.logistic(size=draws)
        answers.append(1 + np.searchsorted(model.cut_points, latent))
    rows = np.array([[0.0], [1.0]])
    means = mean_answers(model, rows, integrate=True)
    assert means.estimates == pytest.approx([a.mean() for a in answers], abs=0.01)
    wins = np.mean(answers[1] > answers[0]) + 0.5 * np.mean(answers[1] == answers[0])
    better = superiority(model, rows[1], rows[0], ("participant:system", "item:system"))
    assert better.estimates[0] == pytest.approx(wins, abs=0.004)
    assert 0 < better.standard_errors[0] < 0.1
    ratio, low, high = odds_ratio(model, np.ones(1), 0.05)
    assert low < ratio < high
    assert np.log(ratio) == pytest.approx(model.coefficients[0])
    assert np.log(high / low) == pytest.approx(
        2 * norm.ppf(0.975) * model.standard_errors[len(model.cut_points)]
    )


def test_what_a_link_or_a_slope_does_not_give_is_refused() -> None:
    frame = wine()
    data = ordinal_data(frame["rating"], wine_design(frame), WINE_NAMES, link="probit")
    with pytest.raises(DataError, match="logit"):
        odds_ratio(fit_clmm(data, []), np.array([1.0, 0.0]), 0.05)
