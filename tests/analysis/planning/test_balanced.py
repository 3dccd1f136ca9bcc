"""The closed form of complete studies gives the numbers of the report's own tests."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from earwitness.analysis.linear.lmm import fit_lmm
from earwitness.analysis.linear.minf import crossed_mean
from earwitness.analysis.planning.balanced import linear_model, min_f
from earwitness.analysis.planning.restriction import restriction
from earwitness.analysis.planning.simulation import Deviations, World, simulate
from earwitness.analysis.random_effects.terms import random_terms

CUTS = (-2.2, -0.8, 0.6, 2.0)
# With all components, with none, and with those that leave single strata pooled at the boundary.
SPREADS = {
    "all": Deviations(1.0, 0.5, 0.6, 0.5),
    "none": Deviations(0.0, 0.0, 0.0, 0.0),
    "items only": Deviations(0.0, 0.5, 0.0, 0.5),
    "participants only": Deviations(1.0, 0.0, 0.6, 0.0),
}


@pytest.mark.parametrize("name", SPREADS)
def test_the_closed_form_is_the_fitted_linear_mixed_model(name: str) -> None:
    ratings = simulate(
        World(SPREADS[name], CUTS), np.array([0.0, 0.5, 0.0]), 7, 6, 3, np.random.default_rng(3)
    )
    found = linear_model(ratings)
    for k, study in enumerate(ratings):
        p, i, s = (axis.ravel() for axis in np.indices(study.shape))
        frame = pd.DataFrame({"participant": p, "item": i, "system": s, "value": study.ravel()})
        X = np.column_stack([np.ones(len(frame)), s == 1, s == 2]).astype(float)
        terms, _ = random_terms(frame)
        fit = fit_lmm(study.ravel(), X, ["(Intercept)", "one", "two"], terms)
        estimate, error, df = fit.combination(np.array([0.0, 1.0, 0.0]))
        assert found.estimates[k, 0] == pytest.approx(estimate, abs=1e-10)
        assert found.errors[k, 0] == pytest.approx(error, rel=1e-5)
        assert found.df[k, 0] == pytest.approx(df, rel=1e-3)
        wider = fit.restriction(np.array([0.0, 1.0, 0.0]))
        assert restriction(study[None])[0] == pytest.approx(wider, rel=2e-3)
        assert 1.0 < wider < 1.3


def test_min_f_of_many_studies_is_that_of_each() -> None:
    ratings = simulate(World(SPREADS["all"], CUTS), np.zeros(2), 9, 4, 3, np.random.default_rng(1))
    found = min_f(ratings)
    for k, study in enumerate(ratings):
        single = crossed_mean(study[..., 1] - study[..., 0])
        assert found.errors[k, 0] == pytest.approx(single.se, rel=1e-12)
        assert found.df[k, 0] == pytest.approx(single.df, rel=1e-9)


def test_studies_without_any_difference_have_p_one() -> None:
    assert np.all(linear_model(np.full((2, 4, 6, 3), 3.0)).p == 1.0)
    assert np.all(min_f(np.full((2, 4, 6, 3), 3.0)).p == 1.0)


def test_an_effect_in_points_is_the_difference_of_mean_ratings_that_it_makes() -> None:
    world = World(SPREADS["all"], CUTS)
    effect = world.effect_of(0.4)
    many = simulate(world, np.array([0.0, effect]), 2000, 200, 1, np.random.default_rng(2))
    means = many.mean(axis=(0, 1, 2))
    # 0.5/√200 logits of item:system in each mean: about 0.02 points.
    assert means[1] - means[0] == pytest.approx(0.4, abs=0.06)
    assert means[0] == pytest.approx(world.mean_rating(0.0), abs=0.06)
    with pytest.raises(ValueError, match="room"):
        world.effect_of(3.0)
