"""The covariance of the fixed effects by plain maximum likelihood, beside that by REML.

Plain maximum likelihood takes the fixed effects as known when it estimates the variances, so that
with few items or participants its standard errors are too small: by 5 % with 8 items, 12 % with 4.
A cumulative model has no restricted likelihood; the ratio of the two standard errors in the
linear model of the same ratings is what its own are widened by in tests and intervals. Simulation
(`benchmarks/CALIBRATION.md`) shows that the tests then hold their level.
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import Bounds, minimize

from ..arrays import Floats
from .reml import RestrictedLikelihood

LARGEST_RATIO = 1e4


def unrestricted_covariance(likelihood: RestrictedLikelihood, start: Floats) -> Floats:
    """Cov(β) at the maximum of the unrestricted likelihood, in squared points.

    Args:
        likelihood: of the ratings.
        start: ratios of the components' variances to the residual variance, near the maximum.
    """
    count = likelihood.observations

    def deviance(ratios: Floats) -> float:
        point = likelihood.evaluate(np.clip(ratios, 0.0, LARGEST_RATIO))
        fixed = float(np.linalg.slogdet(point.inverse_information)[1])
        square = max(point.weighted_square, np.finfo(float).tiny)
        return float(point.log_determinants + fixed + count * np.log(square))

    bounds = Bounds(np.zeros(len(start)), np.full(len(start), LARGEST_RATIO))
    found = minimize(deviance, start, method="L-BFGS-B", bounds=bounds, options={"ftol": 1e-10})
    point = likelihood.evaluate(np.asarray(found.x))
    return np.asarray(point.weighted_square / count * point.inverse_information)
