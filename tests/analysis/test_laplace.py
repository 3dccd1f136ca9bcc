"""The likelihood's parts: derivatives against differences, elimination against dense algebra."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad

from earwitness.analysis.ordinal.arrow import Arrow
from earwitness.analysis.ordinal.fixed import FixedLikelihood
from earwitness.analysis.ordinal.laplace import EXACT, LaplaceLikelihood
from earwitness.analysis.ordinal.links import LINKS, LinkName
from earwitness.analysis.ordinal.quadrature import QuadratureLikelihood
from earwitness.analysis.ordinal.quasi_newton import differenced, information, maximise
from earwitness.analysis.ordinal.thresholds import patterns, per_group, thresholds
from earwitness.analysis.random_effects.terms import RandomSlopes, RandomTerm
from earwitness.stimuli.errors import DataError

from .ordinal_cases import against_first, simulated, terms

ALL = ("logit", "probit", "cloglog")


def likelihood(link: LinkName, slopes: bool = False) -> tuple[LaplaceLikelihood, np.ndarray]:
    """A likelihood of 120 ratings and a point away from its maximum."""
    frame = simulated(8, 5, (0.0, 0.7, -0.5), (0.8, 0.4, 0.5, 0.4), seed=3)
    X, _ = against_first(frame)
    random = terms(frame, "participant", "item", "participant:system", "item:system")
    if slopes:
        person = random[0]
        design = np.column_stack([np.ones(len(frame)), X[:, 0], np.linspace(-1, 1, len(frame))])
        wide = RandomSlopes("participant", person.codes, person.levels, design, ("", "a", "b"))
        random = [wide, random[1]]
    y = frame["value"].to_numpy(dtype=int) - 1
    laplace = LaplaceLikelihood(
        LINKS[link], patterns(y, X, thresholds("12345", "flexible"), 0 * y), random
    )
    point = np.concatenate(
        [[-1.9, -0.7, 0.5, 1.7, 0.3, -0.2], np.full(laplace.parameters - 6, 0.3)]
    )
    point[laplace.diagonal] = 0.6
    laplace.mode_tolerance = EXACT
    return laplace, point


@pytest.mark.parametrize("link", ALL)
def test_derivatives_of_the_links_equal_differences(link: LinkName) -> None:
    rng = np.random.default_rng(1)
    hi = rng.normal(0, 2, 40)
    lo = hi - rng.gamma(1, 1, 40) - 0.01
    hi[0], lo[1] = np.inf, -np.inf
    found, slopes, step = LINKS[link].value(hi, lo), LINKS[link].slopes(hi, lo), 1e-6
    for by, up, down in (
        ("hi", (hi + step, lo), (hi - step, lo)),
        ("lo", (hi, lo + step), (hi, lo - step)),
    ):
        above, below = LINKS[link].value(*up), LINKS[link].value(*down)
        for of, name in (
            ("log_probability", by),
            ("score", f"score_{by}"),
            ("weight", f"weight_{by}"),
        ):
            change = (getattr(above, of) - getattr(below, of)) / (2 * step)
            assert getattr(slopes, name) == pytest.approx(change, rel=1e-5, abs=1e-7)
    assert found.score == pytest.approx(-slopes.hi - slopes.lo, abs=1e-12)
    assert found.weight == pytest.approx(slopes.score_hi + slopes.score_lo, abs=1e-12)


@pytest.mark.parametrize("link", ALL)
def test_far_tails_stay_finite(link: LinkName) -> None:
    at = np.array([-600.0, -50.0, -9.0, 9.0, 50.0, 600.0])
    for hi, lo in ((at + 1, at), (at, np.full(6, -np.inf)), (np.full(6, np.inf), at)):
        value, slopes = LINKS[link].value(hi, lo), LINKS[link].slopes(hi, lo)
        for numbers in (*vars(value).values(), *vars(slopes).values()):
            assert np.all(np.isfinite(numbers))


@pytest.mark.parametrize("slopes", [False, True])
@pytest.mark.parametrize("link", ALL)
def test_the_gradient_equals_differences(link: LinkName, slopes: bool) -> None:
    laplace, point = likelihood(link, slopes)
    numeric = differenced(lambda phi: laplace(phi)[0], point, 1e-4)
    assert laplace(point)[1] == pytest.approx(numeric, rel=1e-5, abs=1e-5)


def test_the_value_is_laplaces_approximation_done_densely() -> None:
    laplace, point = likelihood("logit")
    hi, lo, scales = laplace.prepared(point)
    mode = laplace.mode(hi, lo, scales)
    assert mode is not None
    Z = np.zeros((len(laplace.fixed.codes), len(mode.effects)))
    for slot, scale in enumerate(scales):
        np.add.at(Z, (np.arange(len(Z)), laplace.places(slot)), scale)
    dense = np.eye(Z.shape[1]) + Z.T @ (mode.value.weight[:, None] * Z)
    expected = mode.value.log_probability.sum() - mode.effects @ mode.effects / 2
    expected -= np.linalg.slogdet(dense)[1] / 2
    assert laplace(point)[0] == pytest.approx(expected, abs=1e-9)
    assert mode.effects == pytest.approx(Z.T @ mode.value.score, abs=1e-6)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), sizes=st.lists(st.integers(1, 5), min_size=1, max_size=4))
def test_block_elimination_equals_dense_algebra(seed: int, sizes: list[int]) -> None:
    """Random terms of any nesting, slopes among them."""
    rng = np.random.default_rng(seed)
    rows = 30
    random = []
    for k, size in enumerate(sizes):
        codes = np.unique(rng.integers(0, size * 3, rows), return_inverse=True)[1]
        random.append(RandomTerm(f"t{k}", codes, int(codes.max()) + 1))
    pair = np.unique(random[0].codes * 2 + rng.integers(0, 2, rows), return_inverse=True)[1]
    random.append(RandomTerm("nested", pair, int(pair.max()) + 1))
    widths = [1 + int(rng.integers(0, 2)) for _ in random]
    scales = [rng.normal(size=rows) for _ in range(sum(widths))]
    weight = rng.uniform(0.1, 1, rows)
    arrow = Arrow(random, widths)
    Z = np.zeros((rows, arrow.effects))
    for position, scale in zip(arrow.position, scales, strict=True):
        Z[np.arange(rows), position] += scale
    dense = np.eye(arrow.effects) + Z.T @ (weight[:, None] * Z)
    factor = arrow.factor(weight, scales)
    inverse = np.linalg.inv(dense)
    right = rng.normal(size=(arrow.effects, 2))
    assert factor.log_determinant == pytest.approx(np.linalg.slogdet(dense)[1])
    assert factor.solve(right) == pytest.approx(inverse @ right)
    assert factor.solve(right[:, 0]) == pytest.approx(inverse @ right[:, 0])
    sums, diagonal = factor.leverage(scales)
    assert diagonal == pytest.approx(np.diagonal(inverse))
    for position, found in zip(arrow.position, sums, strict=True):
        assert found == pytest.approx((inverse @ Z.T)[position, np.arange(rows)])
    values = rng.normal(size=rows)
    assert arrow.spread(values, scales) == pytest.approx(Z.T @ values)
    assert arrow.gather(right[:, 0], scales) == pytest.approx(Z @ right[:, 0])


def test_many_quadrature_points_are_the_integral() -> None:
    frame = simulated(4, 5, (0.0, 1.0), (1.2, 0.0, 0.0, 0.0), seed=2)
    X, _ = against_first(frame)
    y = frame["value"].to_numpy(dtype=int) - 1
    fixed = patterns(y, X, thresholds("12345", "flexible"), 0 * y)
    person = terms(frame, "participant")[0]
    phi = np.array([-1.8, -0.6, 0.7, 1.9, 0.8, 1.1])
    hi, lo = fixed.cut_points(phi[:5])
    total = 0.0
    for level in range(person.levels):
        codes = fixed.codes[person.codes == level]

        def integrand(u: float, codes: np.ndarray = codes) -> float:
            logs = LINKS["logit"].value(hi[codes] - 1.1 * u, lo[codes] - 1.1 * u).log_probability
            return float(np.exp(logs.sum() - u * u / 2) / np.sqrt(2 * np.pi))

        total += np.log(quad(integrand, -9, 9, epsabs=0, epsrel=1e-11)[0])
    assert QuadratureLikelihood(LINKS["logit"], fixed, person, 20).value(phi) == pytest.approx(
        total
    )


def test_the_fixed_models_information_is_its_curvature() -> None:
    frame = simulated(8, 5, (0.0, 0.7, -0.5), (0.8, 0.4, 0.5, 0.4), seed=3)
    X, _ = against_first(frame)
    y = frame["value"].to_numpy(dtype=int) - 1
    group = np.arange(len(y)) % 2
    cuts = per_group("12345", y, group, ("even", "odd"))
    for link in ALL:
        fixed = FixedLikelihood(LINKS[link], patterns(y, X, cuts, group))
        psi = np.array([-1.9, -0.7, 0.5, 1.7, -1.8, -0.8, 0.6, 1.6, 0.3, -0.2])
        numeric = information(fixed, psi, np.full(10, 1e-5))
        assert fixed.information(psi) == pytest.approx(numeric, rel=1e-5, abs=1e-4)


def test_the_search_steps_back_from_where_nothing_is_defined() -> None:
    def logs(x: np.ndarray) -> tuple[float, np.ndarray]:
        if np.any(x <= 0):
            return -np.inf, np.zeros(2)
        return float(np.sum(np.log(x) - x)), 1 / x - 1

    found = maximise(logs, np.array([30.0, 0.05]), lambda *_: 100 * np.eye(2))
    assert found.point == pytest.approx([1, 1], abs=1e-4)


def test_too_many_crossed_levels_are_refused_in_one_line() -> None:
    rng = np.random.default_rng(0)
    codes = [rng.permutation(60_000) // 2 for _ in range(3)]
    huge = [RandomTerm(f"t{k}", c.astype(np.intp), 30_000) for k, c in enumerate(codes)]
    with pytest.raises(DataError, match="too much memory"):
        Arrow(huge, [1, 1, 1])
