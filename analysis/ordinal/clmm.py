"""Cumulative link mixed model, checked: two starts must agree, and their end be a proper maximum.

P(answer ≤ j) = F(θ_j − xβ − zu), u ~ N(0, Σ) with any number of crossed and nested random terms. A
term whose variance is zero at the optimum is dropped and recorded.

Source: Christensen 2019, the clmm model of R's `ordinal`, whose numbers this reproduces.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from threadpoolctl import threadpool_limits

from earwitness.stimuli.errors import DataError

from ..arrays import Floats
from ..random_effects.terms import AlikeSlopes, RandomSlopes, RandomTerm
from .data import OrdinalData
from .fixed import FixedLikelihood
from .laplace import ENOUGH, EXACT, LaplaceLikelihood
from .model import Convergence, OrdinalMixedModel, RandomEstimate
from .quadrature import QuadratureLikelihood
from .quasi_newton import Maximum, information, maximise
from .separation import refuse_separated

FIRST_DEVIATION, SECOND_DEVIATION = 0.5, 1.2  # of every random term at the two starts
TOLERANCE = 1e-10  # Newton decrement: squared distance from the maximum in standard errors
SECOND_TOLERANCE = 1e-5  # the second only has to reach the same likelihood
SMALL_DEVIATIONS = (0.02, 0.1)  # tried where a standard deviation is nearly zero
BOUNDARY_GAIN = 1e-6  # log-likelihood that a random term must gain to stay
STEP = 1e-3  # of the differenced gradient, in standard errors


def fit_clmm(
    data: OrdinalData, terms: Sequence[RandomTerm], *, quadrature_points: int = 1
) -> OrdinalMixedModel:
    """Fit by maximum likelihood.

    Args:
        data: answers, fixed effects, link and thresholds.
        terms: random intercepts and slopes that the data can tell apart; none is allowed.
        quadrature_points: 1 is Laplace's approximation; more are nodes of adaptive Gauss–Hermite
            quadrature, for one random intercept only.

    Raises:
        DataError: no finite estimate exists, or the random effects are too many for memory.
    """
    if quadrature_points > 1 and (len(terms) != 1 or isinstance(terms[0], RandomSlopes)):
        raise DataError("quadrature needs exactly one random intercept; use quadrature_points = 1")
    with threadpool_limits(1, user_api="blas"):  # small matrices: threads only get in the way
        return _fit(data, list(terms), quadrature_points)


def best_log_likelihood(data: OrdinalData, terms: Sequence[RandomTerm]) -> float:
    """The largest log-likelihood alone, for a test: one start, no standard errors.

    Raises:
        DataError: no finite estimate exists, or the search did not arrive.
    """
    with threadpool_limits(1, user_api="blas"):
        psi = _fixed_maximum(FixedLikelihood(data.link, data.patterns), data)
        refuse_separated(data, psi.evaluations)
        if not terms:
            return psi.value
        likelihood = _likelihood(data, terms, 1)
        start = _start(likelihood, psi.point, FIRST_DEVIATION)
        found = _search(likelihood, start, SECOND_TOLERANCE)
        if not found.decrement < SECOND_TOLERANCE:
            raise DataError("the search for the largest likelihood did not arrive")
        return found.value + found.decrement / 2


def _fit(data: OrdinalData, terms: list[RandomTerm], points: int) -> OrdinalMixedModel:
    fixed = FixedLikelihood(data.link, data.patterns)
    psi = _fixed_maximum(fixed, data)
    refuse_separated(data, psi.evaluations)
    dropped: list[str] = []
    while terms:
        likelihood = _likelihood(data, terms, points)
        found = _search(likelihood, _start(likelihood, psi.point, FIRST_DEVIATION), TOLERANCE)
        empty = _empty_terms(likelihood, found)
        if not empty:
            return _checked(data, likelihood, found, psi.point, dropped)
        dropped += [terms[k].name for k in empty]
        terms = [term for k, term in enumerate(terms) if k not in empty]
    return _checked(data, fixed, psi, psi.point, dropped)


def _likelihood(data: OrdinalData, terms: Sequence[RandomTerm], points: int) -> LaplaceLikelihood:
    if points > 1:
        return QuadratureLikelihood(data.link, data.patterns, terms[0], points)
    return LaplaceLikelihood(data.link, data.patterns, terms)


def _fixed_maximum(fixed: FixedLikelihood, data: OrdinalData) -> Maximum:
    """The model without random effects, from equal systems."""
    start = data.naive_start()
    return maximise(fixed, start, lambda psi, _: _inverse(fixed.information(psi)), TOLERANCE)


def _start(likelihood: LaplaceLikelihood, psi: Floats, deviation: float) -> Floats:
    """Equal, uncorrelated random terms beside `psi`."""
    start = np.concatenate([psi, np.zeros(likelihood.parameters - len(psi))])
    start[likelihood.diagonal] = deviation
    return start


def _search(likelihood: LaplaceLikelihood, start: Floats, tolerance: float) -> Maximum:
    """The maximum that is reached, left again while a standard deviation of zero is none."""
    while True:
        found = maximise(
            likelihood,
            start,
            lambda phi, slope: _inverse(likelihood.information(phi, slope)),
            tolerance,
        )
        higher = _above_zero(likelihood, found)
        if higher is None:
            return found
        start = higher


def _above_zero(likelihood: LaplaceLikelihood, found: Maximum) -> Floats | None:
    """A higher point, where the search stopped at a zero that is a saddle: the slope is 0 there."""
    for entry in likelihood.diagonal:
        for small in SMALL_DEVIATIONS:
            if abs(found.point[entry]) < small / 4:
                point = found.point.copy()
                point[entry] = small
                if likelihood(point)[0] > found.value + BOUNDARY_GAIN:
                    return point
    return None


def _empty_terms(likelihood: LaplaceLikelihood, found: Maximum) -> list[int]:
    """Random terms without which the likelihood is the same."""
    empty = []
    for k in range(len(likelihood.terms)):
        without = found.point.copy()
        without[likelihood.entries(k)] = 0.0
        if likelihood(without)[0] > found.value - BOUNDARY_GAIN:
            empty.append(k)
    return empty


def _checked(
    data: OrdinalData,
    likelihood: LaplaceLikelihood | FixedLikelihood,
    found: Maximum,
    psi: Floats,
    dropped: Sequence[str],
) -> OrdinalMixedModel:
    """Standard errors, the second start, and the record of both."""
    if isinstance(likelihood, LaplaceLikelihood):
        likelihood.mode_tolerance = EXACT
    steps = STEP * np.sqrt(np.diagonal(found.inverse))
    curvature = information(likelihood, found.point, steps)
    inverse = _inverse(curvature)
    evaluations = found.evaluations + 2 * len(steps)
    found = _polished(likelihood, found, inverse)
    difference = 0.0
    if not isinstance(likelihood, FixedLikelihood):
        start = _start(likelihood, psi, SECOND_DEVIATION)
        likelihood.mode_tolerance = ENOUGH
        second = _search(likelihood, start, SECOND_TOLERANCE)
        difference = second.value - found.value
        evaluations += second.evaluations
    convergence = Convergence(
        max_gradient=float(np.max(np.abs(found.gradient))),
        decrement=float(found.gradient @ inverse @ found.gradient),
        condition_number=_condition(curvature),
        evaluations=evaluations + found.evaluations,
        dropped=tuple(dropped),
        second_start_difference=difference,
    )
    return _model(data, likelihood, found, inverse, convergence)


def _model(
    data: OrdinalData,
    likelihood: LaplaceLikelihood | FixedLikelihood,
    found: Maximum,
    inverse: Floats,
    convergence: Convergence,
) -> OrdinalMixedModel:
    notes = [
        *data.notes,
        *(
            f"Random {name} was dropped: its variance is estimated as zero."
            for name in convergence.dropped
        ),
    ]
    if convergence.complaint:
        notes.append(
            f"The model did not pass its own check: {convergence.complaint}. Its numbers are "
            "withheld."
        )
    random, phi, covariance = [], found.point, inverse
    if isinstance(likelihood, LaplaceLikelihood):
        signs = likelihood.signs(phi)
        phi, covariance = phi * signs, covariance * np.outer(signs, signs)
        random = [_random(likelihood, k, phi, covariance) for k in range(len(likelihood.terms))]
    return OrdinalMixedModel(
        data, phi, covariance, tuple(random), found.value, convergence, tuple(notes)
    )


def _random(
    likelihood: LaplaceLikelihood, k: int, phi: Floats, covariance: Floats
) -> RandomEstimate:
    """Standard deviations with errors by the delta method: the norms of the factor's rows."""
    term, part = likelihood.terms[k], likelihood.entries(k)
    factor = likelihood.cholesky(phi, k)
    deviations = np.linalg.norm(factor, axis=1)
    if isinstance(term, AlikeSlopes):
        error = np.sqrt(covariance[part, part][0, 0])
        return RandomEstimate(
            term.name, ("",), deviations[:1], np.array([error]), np.eye(1),
            likelihood.conditional_modes(phi, k),
        )  # fmt: skip
    rows, columns = np.tril_indices(len(factor))
    slopes = np.zeros((len(factor), len(rows)))
    slopes[rows, np.arange(len(rows))] = factor[rows, columns] / deviations[rows]
    errors = np.sqrt(np.einsum("je,ef,jf->j", slopes, covariance[part, part], slopes))
    return RandomEstimate(
        term.name,
        term.columns if isinstance(term, RandomSlopes) else ("",),
        deviations,
        np.asarray(errors),
        factor @ factor.T / np.outer(deviations, deviations),
        likelihood.conditional_modes(phi, k),
    )


def _polished(
    likelihood: Callable[[Floats], tuple[float, Floats]], found: Maximum, inverse: Floats
) -> Maximum:
    """One Newton step, kept if it helps."""
    return maximise(likelihood, found.point, lambda *_: inverse, TOLERANCE**2, most_evaluations=3)


def _inverse(matrix: Floats) -> Floats:
    """Inverse of a symmetric matrix, made positive definite where it is not."""
    values, vectors = np.linalg.eigh(matrix)
    floor = 1e-8 * max(float(values[-1]), 1e-8)
    return np.asarray((vectors / np.maximum(np.abs(values), floor)) @ vectors.T)


def _condition(matrix: Floats) -> float:
    """Ratio of the eigenvalues after scaling to a unit diagonal; ∞ without a maximum."""
    diagonal = np.diagonal(matrix)
    if np.any(diagonal <= 0):
        return np.inf
    scale = np.sqrt(diagonal)
    values = np.linalg.eigvalsh(matrix / np.outer(scale, scale))
    return float(values[-1] / values[0]) if values[0] > 0 else np.inf
