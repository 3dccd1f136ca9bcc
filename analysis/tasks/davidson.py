"""The Bradley–Terry model with ties after Davidson, its errors clustered by participants.

Source: Davidson 1970, doi 10.1080/01621459.1970.10481082; the sandwich of Liang & Zeger 1986,
doi 10.1093/biomet/73.1.13.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from ..arrays import Floats
from ..ordinal.quasi_newton import information
from ..random_effects.terms import Codes


@dataclass(frozen=True)
class Davidson:
    """Log-abilities against the first system (which is 0); `ties` is log ν, NaN without a tie."""

    abilities: Floats
    errors: Floats
    ties: float
    order: float  # log-odds of the first heard
    log_likelihood: float
    converged: bool


def fit_davidson(signs: Floats, outcome: Floats, clusters: Codes) -> Davidson:
    """Fit by maximum likelihood.

    Args:
        signs: comparison × system, +1 first and −1 second; column 0 is the reference.
        outcome: of each comparison; > 0 first preferred, 0 neither.
        clusters: of each comparison, 0..G-1.
    """
    has_ties = bool(np.any(outcome == 0))
    design = np.column_stack([signs[:, 1:], np.ones(len(signs))])  # the last is the order
    count = design.shape[1]
    which = np.where(outcome > 0, 0, np.where(outcome < 0, 1, 2))

    def scores(point: Floats) -> tuple[Floats, Floats]:
        """ℓ and its gradient by (η, log ν), of each comparison."""
        eta = design @ point[:count]
        parts = [eta / 2, -eta / 2]
        if has_ties:
            parts.append(np.full(len(eta), point[count]))
        logits = np.array(parts)
        logits = logits - logits.max(axis=0)
        share = np.exp(logits) / np.exp(logits).sum(axis=0)
        by_eta = np.select([which == 0, which == 1], [0.5, -0.5], 0.0) - (share[0] - share[1]) / 2
        gradient = design * by_eta[:, None]
        if has_ties:
            gradient = np.column_stack([gradient, (which == 2) - share[2]])
        chosen = np.take_along_axis(logits, which[None], axis=0)[0]
        return chosen - np.log(np.exp(logits).sum(axis=0)), gradient

    def likelihood(point: Floats) -> tuple[float, Floats]:
        value, gradient = scores(point)
        return float(value.sum()), gradient.sum(axis=0)

    def cost(point: Floats) -> tuple[float, Floats]:
        value, gradient = likelihood(point)
        return -value, -gradient

    found = minimize(cost, np.zeros(count + has_ties), jac=True, method="BFGS",
                     options={"gtol": 1e-8})  # fmt: skip
    point = np.asarray(found.x)
    gradient = scores(point)[1]
    bread = np.linalg.pinv(information(likelihood, point, np.full(len(point), 1e-4)))
    sums = np.zeros((int(clusters.max()) + 1, gradient.shape[1]))
    np.add.at(sums, clusters, gradient)
    factor = len(sums) / max(len(sums) - 1, 1)
    covariance = factor * bread @ (sums.T @ sums) @ bread
    errors = np.sqrt(np.maximum(np.diagonal(covariance), 0.0))
    arrived = bool(np.max(np.abs(cost(point)[1])) < 1e-4 and np.max(np.abs(point)) < 15)
    return Davidson(
        np.concatenate([[0.0], point[: count - 1]]), np.concatenate([[0.0], errors[: count - 1]]),
        float(point[count]) if has_ties else np.nan, float(point[count - 1]), -float(found.fun),
        arrived,
    )  # fmt: skip
