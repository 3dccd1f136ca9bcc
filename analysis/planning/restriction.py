"""By how much REML widens the standard errors of complete studies (see `linear/restriction.py`)."""

from __future__ import annotations

import numpy as np
from scipy import optimize

from ..arrays import Floats
from .balanced import linear_model, mean_squares

_SMALLEST, _LARGEST = -14.0, 12.0  # logarithms of variances


def restriction(ratings: Floats) -> Floats:
    """Of each study, what `LinearMixedModel.restriction` is for a difference of two systems.

    Args:
        ratings: study × participant × item × system, complete.
    """
    _, participants, items, systems = ratings.shape
    squares, df = mean_squares(ratings)
    counts = np.array([participants, items, systems], dtype=float)
    plain = np.array([_plain_variance(row, df, counts) for row in squares])
    errors = linear_model(ratings).errors[:, 0]
    with np.errstate(divide="ignore", invalid="ignore"):
        found = errors / np.sqrt(2 / (participants * items) * plain)
    return np.asarray(np.where(np.isfinite(found), np.maximum(found, 1.0), 1.0))


def _plain_variance(squares: Floats, df: Floats, counts: Floats) -> float:
    """Residual + items × participant:system + participants × item:system by plain likelihood."""
    participants, items, systems = counts
    # Of residual, participant:system, participant, item:system, item in the mean square of each
    # stratum, and in those of the systems and of the grand mean, which have no square of their own.
    loads = np.array([
        [1, 0, 0, 0, 0],
        [1, items, 0, 0, 0],
        [1, items, items * systems, 0, 0],
        [1, 0, 0, participants, 0],
        [1, 0, 0, participants, participants * systems],
        [1, items, 0, participants, 0],
        [1, items, items * systems, participants, participants * systems],
    ])  # fmt: skip
    weight = np.concatenate([df, [systems - 1, 1.0]])
    sums = np.concatenate([df * squares, [0.0, 0.0]])
    moment = np.array([
        squares[0], (squares[1] - squares[0]) / items,
        (squares[2] - squares[1]) / (items * systems), (squares[3] - squares[0]) / participants,
        (squares[4] - squares[3]) / (participants * systems),
    ])  # fmt: skip
    start = np.log(np.maximum(moment, 1e-3 * max(squares[0], 1e-9)))

    def deviance(logs: Floats) -> tuple[float, Floats]:
        variances = np.exp(logs)
        means = loads @ variances
        value = weight @ np.log(means) + np.sum(sums / means)
        slope = (weight / means - sums / means**2) @ loads
        return float(value), np.asarray(slope * variances)

    bounds = [(_SMALLEST, _LARGEST)] * 5
    found = optimize.minimize(deviance, start, jac=True, method="L-BFGS-B", bounds=bounds)
    variances = np.exp(found.x)
    return float(variances[0] + items * variances[1] + participants * variances[3])
