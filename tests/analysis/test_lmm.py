"""The linear mixed model against R (lme4, lmerTest), statsmodels, and what must not change it."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from earwitness.analysis.describe import scale_of
from earwitness.analysis.linear.lmm import LinearMixedModel, fit_lmm
from earwitness.analysis.models import fit_scale
from earwitness.analysis.random_effects.terms import random_terms


def crossed(
    participants: int, items: int, systems: int, sds: tuple[float, ...], seed: int
) -> pd.DataFrame:
    """Gaussian answers of a full crossed design with the given SDs (P, I, P:S, I:S, residual)."""
    rng = np.random.default_rng(seed)
    p, i, s = (
        axis.ravel()
        for axis in np.meshgrid(range(participants), range(items), range(systems), indexing="ij")
    )
    value = (
        sds[0] * rng.normal(size=participants)[p]
        + sds[1] * rng.normal(size=items)[i]
        + sds[2] * rng.normal(size=(participants, systems))[p, s]
        + sds[3] * rng.normal(size=(items, systems))[i, s]
        + sds[4] * rng.normal(size=len(p))
        + 0.5 * s
    )
    return pd.DataFrame(
        {
            "participant": [f"p{k}" for k in p],
            "item": [f"i{k}" for k in i],
            "system": [f"s{k}" for k in s],
            "value": value,
        }
    )


def fit(frame: pd.DataFrame) -> LinearMixedModel:
    systems = sorted(frame["system"].unique())
    scale = scale_of("q", frame["value"], None)
    model = fit_scale(frame, scale, systems, systems[0]).linear
    assert model is not None
    return model


def golden_design(frame: pd.DataFrame) -> dict[str, np.ndarray]:
    """R's treatment contrasts of system * question."""
    columns = {"(Intercept)": np.ones(len(frame))}
    for system in ("S1", "S2", "S3"):
        columns[f"system{system}"] = np.where(frame["system"] == system, 1.0, 0.0)
    for question in ("Q2", "Q3"):
        columns[f"question{question}"] = np.where(frame["scale"] == question, 1.0, 0.0)
    for question in ("Q2", "Q3"):
        for system in ("S1", "S2", "S3"):
            columns[f"system{system}:question{question}"] = (
                columns[f"system{system}"] * columns[f"question{question}"]
            )
    return columns


def test_it_equals_lmer_with_satterthwaite_on_the_synthetic_set(
    synthetic: pd.DataFrame, golden: dict[str, Any]
) -> None:
    expected = golden["synthetic"]["lmer_part_song_partsys"]
    columns = golden_design(synthetic)
    terms, _ = random_terms(synthetic, (("participant",), ("item",), ("participant", "system")))
    y = synthetic["value"].to_numpy(dtype=float)
    model = fit_lmm(y, np.column_stack(list(columns.values())), list(columns), terms)
    assert model.converged
    assert model.log_likelihood == pytest.approx(expected["logLik"], abs=1e-6)
    for k, name in enumerate(columns):
        estimate, se, df = model.combination(np.eye(len(columns))[k])
        assert estimate == pytest.approx(expected["coefficients"][name], abs=1e-6)
        assert se == pytest.approx(expected["se"][name], abs=1e-5)
        assert df == pytest.approx(expected["df_satt"][name], rel=1e-3)
    names = {"participant:system": "participant:system", "participant": "participant",
             "song": "item", "Residual": "residual"}  # fmt: skip
    for row in expected["varcomp"]:
        assert model.deviations[names[row["grp"]]] == pytest.approx(row["sdcor"], abs=1e-5)


def test_a_contrast_equals_emmeans(synthetic: pd.DataFrame, golden: dict[str, Any]) -> None:
    columns = golden_design(synthetic)
    terms, _ = random_terms(synthetic, (("participant",), ("item",), ("participant", "system")))
    y = synthetic["value"].to_numpy(dtype=float)
    model = fit_lmm(y, np.column_stack(list(columns.values())), list(columns), terms)
    rows = golden["synthetic"]["lmer_emm_pairs_tukey_q"]
    row = next(r for r in rows if r["contrast"] == "S0 - S2" and r["question"] == "Q2")
    weights = np.array(
        [-1.0 if name in ("systemS2", "systemS2:questionQ2") else 0.0 for name in columns]
    )
    estimate, se, df = model.combination(weights)
    assert estimate == pytest.approx(row["estimate"], abs=1e-6)
    assert se == pytest.approx(row["SE"], abs=1e-5)
    assert df == pytest.approx(row["df"], rel=1e-3)


@pytest.mark.filterwarnings("ignore::statsmodels.tools.sm_exceptions.ConvergenceWarning")
def test_it_equals_statsmodels_where_statsmodels_converges() -> None:
    import statsmodels.formula.api as smf

    frame = crossed(8, 6, 3, (0.8, 0.5, 0.6, 0.5, 0.7), seed=4)
    model = fit(frame)
    assert len(model.deviations) == 5
    components = {
        "participant": "0 + C(participant)",
        "item": "0 + C(item)",
        "participant:system": "0 + C(participant):C(system)",
        "item:system": "0 + C(item):C(system)",
    }
    theirs = smf.mixedlm(
        "value ~ C(system)",
        frame,
        groups=np.ones(len(frame)),
        vc_formula=components,
        re_formula="0",
    ).fit(method="lbfgs")
    assert model.log_likelihood >= theirs.llf - 1e-6
    assert model.log_likelihood == pytest.approx(theirs.llf, abs=1e-3)
    np.testing.assert_allclose(model.coefficients, theirs.fe_params, atol=1e-6)
    np.testing.assert_allclose(model.standard_errors, theirs.bse_fe, rtol=5e-3)


def test_balanced_data_have_the_standard_error_of_the_mean_squares() -> None:
    """Full crossed design: Var(contrast) = 2 (MS_ps + MS_is − MS_e) / (P I), exactly."""
    frame = crossed(10, 8, 3, (1.5, 1.5, 0.8, 0.8, 0.6), seed=2)
    model = fit(frame)
    cube = frame["value"].to_numpy().reshape(10, 8, 3)

    def centred(axes: tuple[int, ...]) -> np.ndarray:
        """The interaction of systems with the factor that is not averaged over."""
        table = cube.mean(axis=axes)
        return (
            table - table.mean(axis=0, keepdims=True) - table.mean(axis=1, keepdims=True)
            + table.mean()
        )  # fmt: skip

    by_participant = 8 * np.sum(centred((1,)) ** 2) / (9 * 2)
    by_item = 10 * np.sum(centred((0,)) ** 2) / (7 * 2)
    two_way = (
        cube
        - cube.mean(axis=0, keepdims=True) - cube.mean(axis=1, keepdims=True)
        - cube.mean(axis=2, keepdims=True)
        + cube.mean(axis=(0, 1), keepdims=True) + cube.mean(axis=(0, 2), keepdims=True)
        + cube.mean(axis=(1, 2), keepdims=True) - cube.mean()
    )  # fmt: skip
    # The model has no participant × item term; its residual pools that interaction.
    pair = cube.mean(axis=2)
    pair = pair - pair.mean(axis=0) - pair.mean(axis=1, keepdims=True) + pair.mean()
    error = (np.sum(two_way**2) + 3 * np.sum(pair**2)) / (9 * 7 * 3)
    expected = np.sqrt(2 * (by_participant + by_item - error) / 80)
    assert len(model.deviations) == 5
    assert model.standard_errors[1] == pytest.approx(expected, rel=1e-5)


def test_a_component_of_zero_is_dropped_and_recorded() -> None:
    frame = crossed(20, 8, 3, (0.8, 0.5, 0.0, 0.0, 1.0), seed=11)
    model = fit(frame)
    assert model.converged
    dropped = {"participant:system", "item:system"} - set(model.deviations)
    assert dropped
    for name in dropped:
        assert any(f"Random {name} was dropped" in note for note in model.notes)


def test_without_any_random_variance_it_is_least_squares() -> None:
    frame = crossed(6, 6, 2, (0.0, 0.0, 0.0, 0.0, 1.0), seed=0)
    frame["value"] -= frame.groupby("participant")["value"].transform("mean")
    frame["value"] -= frame.groupby("item")["value"].transform("mean")
    model = fit(frame)
    means = frame.groupby("system")["value"].mean()
    assert model.coefficients[1] == pytest.approx(means["s1"] - means["s0"], abs=1e-8)


def test_answers_without_residual_variance_show_no_numbers() -> None:
    frame = crossed(6, 6, 3, (1.0, 1.0, 0.0, 0.0, 0.0), seed=3)
    fits = fit_scale(frame, scale_of("q", frame["value"], None), ["s0", "s1", "s2"], "s0")
    assert fits.linear is None
    record = fits.records[0]
    assert not record.converged
    assert record.coefficients == []
    assert record.log_likelihood is None
    assert any("withheld" in note for note in record.notes)


@settings(deadline=None, max_examples=4)
@given(seed=st.integers(0, 10_000))
def test_neither_the_order_of_rows_nor_the_names_matter(seed: int) -> None:
    frame = crossed(6, 5, 3, (0.8, 0.5, 0.5, 0.5, 1.0), seed).sample(frac=0.9, random_state=seed)
    first = fit(frame)
    shuffled = frame.sample(frac=1.0, random_state=seed + 1)
    shuffled = shuffled.assign(
        participant=shuffled["participant"].map(lambda name: f"x{hash(name) % 997}{name}"),
    )
    second = fit(shuffled)
    np.testing.assert_allclose(first.coefficients, second.coefficients, atol=1e-4)
    assert first.log_likelihood == pytest.approx(second.log_likelihood, abs=1e-5)


@settings(deadline=None, max_examples=4)
@given(
    seed=st.integers(0, 10_000),
    factor=st.floats(0.01, 100.0),
    shift=st.floats(-100.0, 100.0),
)
def test_another_unit_of_the_scale_only_rescales_the_numbers(
    seed: int, factor: float, shift: float
) -> None:
    frame = crossed(6, 5, 3, (0.8, 0.5, 0.5, 0.5, 1.0), seed)
    first, second = fit(frame), fit(frame.assign(value=frame["value"] * factor + shift))
    np.testing.assert_allclose(
        second.coefficients[1:], factor * first.coefficients[1:], rtol=1e-4, atol=1e-6 * factor
    )
    np.testing.assert_allclose(
        second.standard_errors[1:], factor * first.standard_errors[1:], rtol=2e-3
    )


def test_terms_that_the_data_cannot_separate_are_left_out_in_words() -> None:
    frame = crossed(5, 1, 3, (0.5, 0.0, 0.0, 0.0, 1.0), seed=5)
    terms, notes = random_terms(frame)
    assert [term.name for term in terms] == ["participant"]
    assert len(notes) == 3
    assert all("is not in the model" in note for note in notes)


def test_a_hundred_thousand_ratings_take_seconds() -> None:
    frame = crossed(2100, 12, 4, (1.0, 0.5, 0.6, 0.4, 1.5), seed=6)
    started = time.process_time()
    model = fit(frame)
    assert model.converged
    assert model.deviations["participant"] == pytest.approx(1.0, rel=0.1)
    assert model.deviations["residual"] == pytest.approx(1.5, rel=0.02)
    assert time.process_time() - started < 20
