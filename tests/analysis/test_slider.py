"""Sliders: every answer that occurs is a category of its own."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from earwitness.analysis import report
from earwitness.analysis.ordinal.clmm import fit_clmm
from earwitness.analysis.ordinal.data import ordinal_data

from .conftest import GOLDEN
from .ordinal_cases import against_first, terms


@pytest.fixture(scope="module")
def slider() -> pd.DataFrame:
    return pd.read_csv(GOLDEN / "slider_12x5x3.csv")


@pytest.mark.parametrize(("which", "random"), [("clm", ()), ("clmm", ("participant", "item"))])
def test_a_slider_as_ordinal_answers_equals_r(
    which: str, random: tuple[str, ...], slider: pd.DataFrame
) -> None:
    expected = json.loads((GOLDEN / "golden_slider.json").read_text(encoding="utf-8"))[which]
    X, names = against_first(slider)
    fit = fit_clmm(ordinal_data(slider["value"], X, names), terms(slider, *random))
    cuts = len(fit.cut_points)
    assert fit.log_likelihood == pytest.approx(expected["log_likelihood"], abs=1e-4)
    assert fit.coefficients == pytest.approx(list(expected["coefficients"].values()), abs=2e-4)
    assert fit.standard_errors[cuts : cuts + 2] == pytest.approx(
        list(expected["se"].values()), abs=2e-4
    )


def test_the_cumulative_model_is_primary_and_any_monotone_change_of_the_slider_leaves_it(
    slider: pd.DataFrame,
) -> None:
    frame = slider.assign(scale="quality")
    data = report(frame, baseline="s0").data
    bent = report(frame.assign(value=(frame["value"] / 10) ** 2), baseline="s0").data
    first, second = data.models
    assert (first.family, first.primary) == ("cumulative", True)
    assert (second.family, second.primary) == ("gaussian", False)
    assert len(first.thresholds) == frame["value"].nunique() - 1
    for mine, other in zip(first.coefficients, bent.models[0].coefficients, strict=True):
        assert mine.estimate == pytest.approx(other.estimate, abs=1e-6)
        assert mine.se == pytest.approx(other.se, abs=1e-6)
    for row in data.contrasts:
        assert row.mean_class is not None
        assert row.mean_class.estimate == pytest.approx(row.mean_difference, abs=2.0)


def test_answers_that_hardly_repeat_leave_the_linear_model_alone(
    slider: pd.DataFrame,
) -> None:
    noisy = slider["value"] + np.random.default_rng(1).random(len(slider))
    data = report(slider.assign(scale="quality", value=noisy), baseline="s0").data
    assert [model.family for model in data.models] == ["gaussian"]


def test_a_real_mushra_test_reaches_a_higher_optimum_than_r() -> None:
    """Stahl et al. 2024, screened; R's clmm stops unconverged at −4426.93, its gradient 10."""
    frame = pd.read_csv(GOLDEN.parent / "ratings" / "stahl2024.csv")
    codecs = ~frame["system"].isin(["Reference", "Anchor"])
    kept = frame[codecs & ~frame["participant"].astype(str).isin(["6", "17"])].reset_index()
    X, names = against_first(kept)
    assert names[0] == "system[Lyra 3]"  # against AudioDec
    fit = fit_clmm(ordinal_data(kept["value"], X, names), terms(kept, "participant", "item"))
    assert fit.converged
    assert len(kept) == 1064
    assert fit.log_likelihood == pytest.approx(-4408.7743, abs=1e-3)
    assert fit.deviations["participant"] == pytest.approx(1.116, abs=1e-3)
    assert fit.deviations["item"] == pytest.approx(0.405, abs=1e-3)
    assert fit.coefficients[0] == pytest.approx(-3.540, abs=1e-3)
