"""The Fréchet distance against closed forms, another formula and the known bias of small sets."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.linalg
import torch
from torch import Tensor

from earwitness.evaluation.sets.distances import Sets, fad, fad_infinity
from earwitness.evaluation.sets.frechet import (
    Gaussian,
    frechet,
    frechet_distance,
    frechet_of_covariances,
    rank,
)


def normal(count: int, dimensions: int, seed: int) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(count, dimensions, generator=generator)


def diagonal(mean: Tensor, deviations: Tensor) -> Gaussian:
    return Gaussian(mean.double(), torch.diag(deviations.double()))


def test_a_shift_costs_its_square() -> None:
    shift, one = normal(1, 64, 1)[0].double(), torch.ones(64)
    found = frechet(diagonal(torch.zeros(64), one), diagonal(shift, one))
    assert found == pytest.approx(float(shift.square().sum()), rel=1e-12)


def test_diagonal_covariances_cost_the_squared_differences_of_deviations() -> None:
    first, second = normal(1, 64, 2)[0].abs().double(), normal(1, 64, 3)[0].abs().double()
    zero = torch.zeros(64)
    expected = float((first - second).square().sum())
    assert frechet(diagonal(zero, first), diagonal(zero, second)) == pytest.approx(expected)
    squares = (torch.diag(first**2)[None], torch.diag(second**2)[None])
    [found] = frechet_of_covariances((zero[None], zero[None]), squares).tolist()
    assert found == pytest.approx(expected)


@pytest.mark.parametrize("count", [2, 50, 400])
def test_equal_sets_are_zero_apart_at_any_rank(count: int) -> None:
    values = normal(count, 128, 4)
    assert 0.0 <= frechet_distance(values, values) <= 128 * 1e-9
    assert rank(values) == min(count - 1, 128)


def test_it_is_the_formula_with_the_matrix_square_root() -> None:
    first, second = normal(300, 24, 5).double(), 1.3 * normal(400, 24, 6).double() + 0.2
    root = scipy.linalg.sqrtm(np.cov(first.T) @ np.cov(second.T))
    shift = first.mean(0) - second.mean(0)
    expected = float(shift @ shift) + np.trace(np.cov(first.T) + np.cov(second.T) - 2 * root.real)
    assert frechet_distance(first, second) == pytest.approx(expected, abs=1e-9)


def test_sets_smaller_than_their_dimensions_have_a_real_distance() -> None:
    first, second = normal(10, 512, 7).double(), normal(12, 512, 8).double()
    # The trace of a product's square root, from the roots of the small matrix of products.
    x, y = ((s - s.mean(0)) / (len(s) - 1) ** 0.5 for s in (first, second))
    shared = np.linalg.svd((x @ y.T).numpy(), compute_uv=False).sum()
    shift = (first.mean(0) - second.mean(0)).square().sum()
    expected = float(shift + x.square().sum() + y.square().sum()) - 2.0 * shared
    assert frechet_distance(first, second) == pytest.approx(expected, rel=1e-12)


# Distances of n draws to 20,000 draws of one standard normal of 128 dimensions, whose true
# distance is 0; measured with numpy and scipy.linalg.eigvalsh, apart from this code.
BIAS = {128: 39.96, 256: 17.9, 640: 7.05, 1280: 3.57, 6400: 0.88}


def test_small_sets_are_as_biased_as_they_are_known_to_be() -> None:
    large = normal(20_000, 128, 9)
    found = {n: frechet_distance(normal(n, 128, 10 + n), large) for n in BIAS}
    assert found == pytest.approx(BIAS, rel=0.04)


def test_extrapolation_removes_the_bias() -> None:
    items = 300

    def sets(seed: int) -> Sets:
        ours, theirs = (list(normal(items, 16, one).split(1)) for one in (seed, seed + 1))
        return Sets(ours, theirs, [str(item) for item in range(items)])

    pairs = [(fad(one), fad_infinity(one)) for one in map(sets, range(20, 32, 2))]
    plain = [one.value for one, _ in pairs if one.value is not None]
    infinite = [one.value for _, one in pairs if one.value is not None]
    assert np.mean(plain) == pytest.approx(0.49, abs=0.05)
    # True distance: 0. Seeds scatter by 0.06.
    assert abs(np.mean(infinite)) < 0.1


def test_the_interval_is_about_as_wide_as_repeated_draws_scatter() -> None:
    def sets(seed: int) -> Sets:
        ours = list((normal(64, 4, seed) + 1.0).split(1))
        return Sets(ours, list(normal(64, 4, seed + 1000).split(1)), [str(i) for i in range(64)])

    found = [fad(sets(seed)) for seed in range(40)]
    values = [one.value for one in found if one.value is not None]
    widths = [one.interval[1] - one.interval[0] for one in found if None not in one.interval]  # type: ignore[operator]
    assert len(values) == len(widths) == 40
    assert np.mean(widths) / (2 * 2.02) == pytest.approx(np.std(values), rel=0.25)
