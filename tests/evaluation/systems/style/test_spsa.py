"""The gradient-free search finds what it should; figures as in Spall's papers."""

from __future__ import annotations

import numpy as np
import pytest

from earwitness.evaluation.systems.style.search import by_cma
from earwitness.evaluation.systems.style.spsa import Floats, Search, estimate_gradient, minimise

TARGET = np.array([0.2, 0.7, 0.55, 0.35])


def quadratic(at: Floats) -> float:
    return float(np.square(at - TARGET).sum())


def test_the_minimum_of_a_quadratic_is_found() -> None:
    found = minimise(quadratic, np.full(4, 0.5), Search(500), seed=1)
    assert np.abs(found.settings - TARGET).max() < 0.02
    assert found.evaluations == 1002
    assert found.loss < found.loss_at_start


def test_the_mean_of_many_gradient_estimates_is_the_gradient() -> None:
    draw = np.random.default_rng(2)
    at = np.full(4, 0.5)
    estimates = np.stack([estimate_gradient(quadratic, at, 0.01, draw)[0] for _ in range(4000)])
    error = estimates.mean(axis=0) - 2.0 * (at - TARGET)
    assert (np.abs(error) < 3.5 * estimates.std(axis=0) / np.sqrt(len(estimates))).all()


def test_each_estimate_of_a_linear_loss_is_right_along_its_direction() -> None:
    slope = np.array([1.0, -2.0, 0.5])
    draw = np.random.default_rng(3)
    for _ in range(20):
        gradient, ((above, _), (below, _)) = estimate_gradient(
            lambda at: float(slope @ at), np.full(3, 0.5), 0.05, draw
        )
        direction = np.sign(above - below)
        assert gradient @ direction == pytest.approx(3.0 * float(slope @ direction))


def test_the_search_stays_inside_the_unit_cube_and_keeps_the_best() -> None:
    seen: list[Floats] = []

    def far(at: Floats) -> float:
        seen.append(at)
        return float(np.square(at - 3.0).sum())

    found = minimise(far, np.full(2, 0.1), Search(50), seed=4)
    assert all(((at >= 0.0) & (at <= 1.0)).all() for at in seen)
    assert found.loss == min(float(np.square(at - 3.0).sum()) for at in seen)


def test_covariance_matrix_adaptation_has_the_same_interface() -> None:
    found = by_cma(40)(quadratic, np.full(4, 0.5), 1)
    assert np.abs(found.settings - TARGET).max() < 0.02
