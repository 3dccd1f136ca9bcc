"""Whether a cumulative model has finite estimates at all: perfect separation by linear programming.

Estimates are infinite exactly when some direction of ψ raises no answer's lower cut point, lowers
none's upper one, and moves at least one: along it the likelihood never falls, whatever the random
effects are.

Source: Albert & Anderson 1984, doi 10.1093/biomet/71.1.1, for binary and nominal answers; the
same argument holds for any log-concave F.
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import linprog

from .reml import Floats
from .thresholds import Patterns

MOST_PATTERNS = 5000  # beyond it the fit's own check has to notice
MOVED = 1e-6


def infinite_direction(fixed: Patterns) -> Floats | None:
    """A direction of ψ along which the likelihood never falls; None when estimates are finite."""
    if len(fixed.upper) > MOST_PATTERNS:
        return None
    upper, lower = fixed.upper[~fixed.top], fixed.lower[~fixed.bottom]
    found = linprog(
        lower.sum(axis=0) - upper.sum(axis=0),
        A_ub=np.vstack([-upper, lower]),
        b_ub=np.zeros(len(upper) + len(lower)),
        bounds=(-1, 1),
        method="highs",
    )
    if found.fun is None or -found.fun < MOVED:
        return None
    return np.asarray(found.x)
