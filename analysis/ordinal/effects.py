"""What a cumulative model says in words' units: latent means, mean answers, P(X > Y), odds ratios.

Standard errors are by the delta method over all parameters, standard deviations included.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.polynomial.hermite_e import hermegauss
from scipy.stats import norm

from earwitness.stimuli.errors import DataError

from ..arrays import Floats
from .model import OrdinalMixedModel

NODES = 40  # of Gauss–Hermite quadrature over the random effects
STEP = 1e-5  # of the delta method's differences


@dataclass(frozen=True)
class Means:
    """Several estimates and their covariance."""

    estimates: Floats
    covariance: Floats

    @property
    def standard_errors(self) -> Floats:
        return np.asarray(np.sqrt(np.diagonal(self.covariance)))

    def combine(self, weights: Floats) -> Means:
        """Averages and contrasts: `weights` (one row each) @ estimates."""
        return Means(weights @ self.estimates, weights @ self.covariance @ weights.T)

    def interval(self, alpha: float) -> tuple[Floats, Floats]:
        """Lower and upper ends at level 1 − alpha, each on its own."""
        margin = norm.ppf(1 - alpha / 2) * self.standard_errors
        return self.estimates - margin, self.estimates + margin

    def p(self) -> Floats:
        """Two-sided p of each being zero, unadjusted."""
        return np.asarray(2 * norm.sf(np.abs(self.estimates / self.standard_errors)))


def latent_means(model: OrdinalMixedModel, rows: Floats) -> Means:
    """Means on the latent scale, from the average cut point.

    Args:
        model: with one set of cut points.
        rows: fixed effects, one row for each mean.
    """
    _refuse_groups(model)
    cut = model.data.cuts.matrix.mean(axis=0)
    weights = np.hstack([np.tile(-cut, (len(rows), 1)), rows])
    part = slice(0, weights.shape[1])
    return Means(
        weights @ model.parameters[part], weights @ model.covariance[part, part] @ weights.T
    )


def mean_answers(model: OrdinalMixedModel, rows: Floats, *, integrate: bool) -> Means:
    """Mean answers in scale points.

    Args:
        model: with one set of cut points.
        rows: fixed effects, one row for each mean.
        integrate: over the random effects (the mean of all listeners and items) rather than at
            their centre (a typical listener and item; what R's emmeans calls `mean.class`).
    """
    _refuse_groups(model)
    answers = np.asarray(model.data.answers)
    terms = tuple(range(len(model.random))) if integrate else ()

    def means(parameters: Floats) -> Floats:
        cuts, beta, deviations = _parts(model, parameters)
        spread = float(np.sqrt(np.sum(deviations[list(terms)] ** 2)))
        return np.asarray(_probabilities(model, cuts, rows @ beta, spread) @ answers)

    return _delta(means, model)


def superiority(
    model: OrdinalMixedModel, first: Floats, second: Floats, separate: Sequence[str]
) -> Means:
    """P(X > Y) + ½ P(X = Y) for two ratings by one listener of one item.

    Args:
        model: with one set of cut points.
        first: fixed effects of X.
        second: of Y.
        separate: random terms that are not the same for both, as `participant:system`.

    Source: McGraw & Wong 1992, doi 10.1037/0033-2909.111.2.361, with ties split.
    """
    _refuse_groups(model)
    apart = np.array([term.name in separate for term in model.random], dtype=bool)
    nodes, weights = _nodes()

    def probability(parameters: Floats) -> Floats:
        cuts, beta, deviations = _parts(model, parameters)
        shared = float(np.sqrt(np.sum(deviations[~apart] ** 2))) * nodes
        spread = float(np.sqrt(np.sum(deviations[apart] ** 2)))
        x = _probabilities(model, cuts, first @ beta + shared, spread)
        y = _probabilities(model, cuts, second @ beta + shared, spread)
        below = np.cumsum(y, axis=1) - 0.5 * y
        return np.array([weights @ np.sum(x * below, axis=1)])

    return _delta(probability, model)


def odds_ratio(
    model: OrdinalMixedModel, weights: Floats, alpha: float
) -> tuple[float, float, float]:
    """Odds ratio of a higher answer, with its interval, for `weights @ coefficients`.

    Raises:
        DataError: the link is not the logit.
    """
    if model.data.link_name != "logit":
        raise DataError("an odds ratio needs the logit link")
    estimate, se, _ = model.combination(weights)
    margin = float(norm.ppf(1 - alpha / 2)) * se
    low, middle, high = np.exp([estimate - margin, estimate, estimate + margin])
    return float(middle), float(low), float(high)


def _refuse_groups(model: OrdinalMixedModel) -> None:
    if model.data.cuts.groups > 1:
        raise DataError("marginal means need one set of cut points for all ratings")


def _parts(model: OrdinalMixedModel, parameters: Floats) -> tuple[Floats, Floats, Floats]:
    """Cut points, coefficients and the standard deviations of random intercepts."""
    if any(len(term.columns) > 1 for term in model.random):
        raise DataError("means over random slopes depend on the covariate; use latent means")
    count, p = len(model.data.cuts.names), len(model.names)
    cuts = model.data.cuts.matrix @ parameters[:count]
    return cuts, parameters[count : count + p], np.abs(parameters[count + p :])


def _nodes() -> tuple[Floats, Floats]:
    nodes, weights = hermegauss(NODES)
    return nodes, weights / weights.sum()


def _probabilities(model: OrdinalMixedModel, cuts: Floats, eta: Floats, spread: float) -> Floats:
    """Probability of each answer, averaged over a normal effect: η × answer."""
    nodes, weights = _nodes() if spread > 0 else (np.zeros(1), np.ones(1))
    at = cuts[None, None, :] - eta[:, None, None] - spread * nodes[None, :, None]
    below = np.einsum("k,ekj->ej", weights, model.data.link.cdf(at))
    ends = np.zeros((len(eta), 1)), np.ones((len(eta), 1))
    return np.diff(np.hstack([ends[0], below, ends[1]]), axis=1)


def _delta(function: Callable[[Floats], Floats], model: OrdinalMixedModel) -> Means:
    """A function of the parameters with its covariance."""
    slopes = []
    for k in range(len(model.parameters)):
        move = np.zeros(len(model.parameters))
        move[k] = STEP
        up, down = function(model.parameters + move), function(model.parameters - move)
        slopes.append((up - down) / (2 * STEP))
    jacobian = np.array(slopes).T
    return Means(function(model.parameters), jacobian @ model.covariance @ jacobian.T)
