"""Linear mixed model by REML, checked: two optimisers must agree, and their end be a maximum.

A component whose variance is zero at the optimum is dropped and recorded. Degrees of freedom are
Satterthwaite's: Giesbrecht & Burns 1985; Kuznetsova, Brockhoff & Christensen 2017,
doi 10.18637/jss.v082.i13, §2.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy.optimize import Bounds, minimize

from ..arrays import Floats
from ..random_effects.terms import RandomTerm
from .reml import Evaluation, RestrictedLikelihood
from .restriction import unrestricted_covariance

BOUNDARY_GAIN = 1e-7  # deviance that a component must gain over zero variance to stay
AGREEMENT = 1e-5  # largest difference of deviance between the optimisers
NO_RESIDUAL = 1e-9  # share of the spread of the answers below which nothing is left over
LARGEST_RATIO = 1e4  # of a component's variance to the residual variance


@dataclass(frozen=True)
class LinearMixedModel:
    """A fitted model; when `converged` is false its numbers must not be shown.

    `deviations` are standard deviations by term, in scale points, with `residual` last;
    `unrestricted` is the covariance by plain maximum likelihood.
    """

    names: tuple[str, ...]
    coefficients: Floats
    covariance: Floats
    deviations: dict[str, float]
    log_likelihood: float
    converged: bool
    notes: tuple[str, ...]
    _curvature: _Curvature | None = field(repr=False)
    unrestricted: Floats = field(repr=False)

    def combination(self, weights: Floats) -> tuple[float, float, float]:
        """Estimate, standard error and Satterthwaite df of `weights @ coefficients`."""
        estimate = float(weights @ self.coefficients)
        variance = float(weights @ self.covariance @ weights)
        df = self._curvature.freedom(weights) if self._curvature else np.nan
        return estimate, float(np.sqrt(variance)), df

    def restriction(self, weights: Floats) -> float:
        """By how much REML widens the standard error of `weights @ coefficients`; at least 1."""
        plain = float(weights @ self.unrestricted @ weights)
        here = float(weights @ self.covariance @ weights)
        return float(np.sqrt(max(here / plain, 1.0))) if plain > 0 else 1.0

    def joint(self, weights: Floats) -> tuple[float, int, float]:
        """F, its numerator and denominator df, of all rows of `weights @ coefficients` being zero.

        Source: Fai & Cornelius 1996, doi 10.1080/00949659608811740, as in R's lmerTest.
        """
        values, vectors = np.linalg.eigh(weights @ self.covariance @ weights.T)
        rank = values > 1e-10 * values[-1]
        rows = vectors[:, rank].T @ weights
        squares = (rows @ self.coefficients) ** 2 / values[rank]
        count = len(squares)
        freedom = np.array([self._curvature.freedom(row) if self._curvature else np.nan
                            for row in rows])  # fmt: skip
        if count == 1:
            return float(squares[0]), 1, float(freedom[0])
        expected = float(np.sum(freedom[freedom > 2] / (freedom[freedom > 2] - 2)))
        residual = 2 * expected / (expected - count) if expected > count else 2.0
        return float(squares.mean()), count, residual

    @property
    def standard_errors(self) -> Floats:
        return np.asarray(np.sqrt(np.diagonal(self.covariance)))


@dataclass(frozen=True)
class _Curvature:
    """How Cov(β) varies with the variance parameters, and how well those are known."""

    jacobian: Floats  # parameter × p × p
    covariance: Floats  # of the parameters
    fixed: Floats  # Cov(β)

    def freedom(self, weights: Floats) -> float:
        gradient = np.einsum("kij,i,j->k", self.jacobian, weights, weights)
        variance = float(weights @ self.fixed @ weights)
        return 2 * variance**2 / float(gradient @ self.covariance @ gradient)


def fit_lmm(
    y: Floats, X: Floats, names: Sequence[str], terms: Sequence[RandomTerm]
) -> LinearMixedModel:
    """Fit by REML.

    Args:
        y: n answers, in scale points.
        X: n × p fixed effects of full rank, first column 1.
        names: of the p columns.
        terms: random intercepts that the data can tell apart; at least one.
    """
    remaining = list(terms)
    notes: list[str] = []
    while remaining:
        likelihood = RestrictedLikelihood(y, X, remaining)
        ratios, complaint = _optimise(likelihood)
        empty = _empty_component(likelihood, ratios)
        if complaint or empty is None:
            return _result(likelihood, ratios, names, remaining, notes, complaint)
        notes.append(
            f"Random {remaining[empty].name} was dropped: its variance is estimated as zero."
        )
        del remaining[empty]
    return _without_random_effects(y, X, names, notes)


def _optimise(likelihood: RestrictedLikelihood) -> tuple[Floats, str]:
    """Variance ratios at the optimum, and what is wrong with it (empty when nothing is)."""
    count = likelihood.term_count
    bounds = Bounds(np.zeros(count), np.full(count, LARGEST_RATIO))

    def deviance(ratios: Floats) -> float:
        return likelihood.evaluate(np.clip(ratios, 0.0, LARGEST_RATIO)).deviance

    def quasi_newton(start: Floats) -> Floats:
        found = minimize(
            deviance, start, jac=_gradient(deviance), method="L-BFGS-B", bounds=bounds,
            options={"maxiter": 500, "ftol": 1e-14, "gtol": 1e-7},
        )  # fmt: skip
        return np.asarray(found.x)

    def direct(start: Floats) -> Floats:
        found = minimize(
            deviance, start, method="Powell", bounds=bounds,
            options={"maxiter": 400, "xtol": 1e-2, "ftol": 1e-5},
        )  # fmt: skip
        return np.asarray(found.x)

    first = quasi_newton(quasi_newton(np.full(count, 0.25)))
    second = quasi_newton(direct(np.full(count, 1.0)))
    best, other = sorted((first, second), key=deviance)
    if deviance(other) - deviance(best) > AGREEMENT:
        return best, "two optimisers ended at different likelihoods"
    if likelihood.evaluate(best).weighted_square < NO_RESIDUAL * likelihood.spread:
        return best, "the answers leave no residual variance"
    slope = _gradient(deviance)(best)
    if np.any(np.abs(slope[best > 1e-6] * best[best > 1e-6]) > 1e-2):
        return best, "the likelihood is not flat at the point where the search stopped"
    return best, ""


def _gradient(function: Callable[[Floats], float]) -> Callable[[Floats], Floats]:
    """Central differences; one-sided where a variance ratio is at zero."""

    def gradient(point: Floats) -> Floats:
        slope = np.empty_like(point)
        for k in range(len(point)):
            step = 1e-5 * max(point[k], 0.01)
            up, down = point.copy(), point.copy()
            up[k] += step
            down[k] = max(0.0, point[k] - step)
            slope[k] = (function(up) - function(down)) / (up[k] - down[k])
        return slope

    return gradient


def _empty_component(likelihood: RestrictedLikelihood, ratios: Floats) -> int | None:
    """The component that gains least over zero variance, if that gain is nothing."""
    here = likelihood.evaluate(ratios).deviance
    gains = []
    for k in range(likelihood.term_count):
        without = ratios.copy()
        without[k] = 0.0
        gains.append(likelihood.evaluate(without).deviance - here)
    smallest = int(np.argmin(gains))
    return smallest if gains[smallest] < BOUNDARY_GAIN else None


def _result(
    likelihood: RestrictedLikelihood,
    ratios: Floats,
    names: Sequence[str],
    terms: Sequence[RandomTerm],
    notes: list[str],
    complaint: str,
) -> LinearMixedModel:
    found = likelihood.evaluate(ratios)
    curvature = None
    if not complaint:
        curvature = _curvature(likelihood, ratios, found)
        if curvature is None:
            complaint = "the variances are not determined by the data (no proper maximum)"
    if complaint:
        notes.append(
            f"The model did not pass its own check: {complaint}. Its numbers are withheld."
        )
    variances = [*(ratios * found.residual_variance), found.residual_variance]
    return LinearMixedModel(
        tuple(names),
        found.coefficients,
        found.residual_variance * found.inverse_information,
        {
            name: float(np.sqrt(variance))
            for name, variance in zip(
                [*(term.name for term in terms), "residual"], variances, strict=True
            )
        },
        -found.deviance / 2,
        not complaint,
        tuple(notes),
        curvature,
        unrestricted_covariance(likelihood, ratios),
    )


def _curvature(
    likelihood: RestrictedLikelihood, ratios: Floats, found: Evaluation
) -> _Curvature | None:
    """Derivatives in the logarithms of the variances; None where the deviance has no minimum."""
    centre = np.log(np.append(ratios, 1.0) * found.residual_variance)

    def at(logs: Floats) -> tuple[float, Floats]:
        variances = np.exp(logs)
        point = likelihood.evaluate(variances[:-1] / variances[-1])
        freedom = likelihood.observations - likelihood.fixed
        deviance = (
            point.log_determinants
            + freedom * np.log(2 * np.pi * variances[-1])
            + point.weighted_square / variances[-1]
        )
        return deviance, variances[-1] * point.inverse_information

    hessian, jacobian = _second_order(at, centre)
    try:
        np.linalg.cholesky(hessian)
    except np.linalg.LinAlgError:
        return None
    return _Curvature(
        jacobian,
        np.asarray(2 * np.linalg.inv(hessian)),
        found.residual_variance * found.inverse_information,
    )


def _second_order(
    function: Callable[[Floats], tuple[float, Floats]], centre: Floats
) -> tuple[Floats, Floats]:
    """Hessian of the first output and gradient of the second, by central differences."""
    step = 5e-3
    count = len(centre)
    steps = np.eye(count) * step
    middle = function(centre)[0]
    up = [function(centre + s) for s in steps]
    down = [function(centre - s) for s in steps]
    jacobian = np.array([(a[1] - b[1]) / (2 * step) for a, b in zip(up, down, strict=True)])
    hessian = np.empty((count, count))
    for i in range(count):
        hessian[i, i] = (up[i][0] + down[i][0] - 2 * middle) / step**2
        for j in range(i):
            mixed = [
                sign * function(centre + a * steps[i] + b * steps[j])[0]
                for a, b, sign in ((1, 1, 1), (-1, -1, 1), (1, -1, -1), (-1, 1, -1))
            ]
            hessian[i, j] = hessian[j, i] = sum(mixed) / (4 * step**2)
    return hessian, jacobian


def _without_random_effects(
    y: Floats, X: Floats, names: Sequence[str], notes: list[str]
) -> LinearMixedModel:
    """Ordinary least squares: what is left when every variance component is zero."""
    n, p = X.shape
    inverse = np.linalg.inv(X.T @ X)
    coefficients = inverse @ (X.T @ y)
    square = float(np.sum((y - X @ coefficients) ** 2))
    converged = n > p and square > NO_RESIDUAL * float(np.sum((y - y.mean()) ** 2))
    variance = square / max(n - p, 1)
    if not converged:
        notes.append("The answers leave no residual variance; the model's numbers are withheld.")
    covariance = variance * inverse
    deviance = (n - p) * (1 + np.log(2 * np.pi * max(variance, 1e-300)))
    deviance += float(np.linalg.slogdet(X.T @ X)[1])
    # Var(β) is proportional to one variance, whose logarithm has variance 2 / (n − p).
    curvature = _Curvature(covariance[None], np.array([[2 / max(n - p, 1)]]), covariance)
    return LinearMixedModel(
        tuple(names), coefficients, covariance, {"residual": float(np.sqrt(variance))},
        -deviance / 2, converged, tuple(notes), curvature if converged else None,
        covariance * (n - p) / n,
    )  # fmt: skip
