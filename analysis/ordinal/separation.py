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

from earwitness.stimuli.errors import DataError

from ..arrays import Floats
from .data import OrdinalData
from .thresholds import Patterns

MOVED = 1e-6
SMALL = 20_000  # entries of a design whose linear program takes milliseconds
SUSPECT = 20  # evaluations of a search: one that runs to infinity takes more, others a dozen


def refuse_separated(data: OrdinalData, evaluations: int) -> None:
    """Look for separation: always in small designs, in others where the search was slow.

    Args:
        data: that the model was fitted to.
        evaluations: that the search took without random effects.

    Raises:
        DataError: an estimate is infinite.
    """
    if data.patterns.upper.size > SMALL and evaluations < SUSPECT:
        return
    direction = infinite_direction(data.patterns)
    if direction is None:
        return
    pairs = zip(data.parameter_names, direction, strict=True)
    moved = [name for name, amount in pairs if abs(amount) > MOVED]
    effects = [name for name in moved if name in data.names] or moved
    raise DataError(
        f"no finite estimate of {', '.join(effects)}: the answers separate perfectly "
        "(for example, all ratings of a system at one end of the scale)"
    )


def infinite_direction(fixed: Patterns) -> Floats | None:
    """A direction of ψ along which the likelihood never falls; None when estimates are finite."""
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
