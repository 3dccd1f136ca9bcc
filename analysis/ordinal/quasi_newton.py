"""Maximise a smooth function from a good first metric, and difference its gradient.

scipy's optimisers treat a value of −∞ (cut points out of order) as an error of the line search;
here it only shortens the step.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..arrays import Floats

Objective = Callable[[Floats], tuple[float, Floats]]

SUFFICIENT = 1e-4  # Armijo's constant
SMALLEST_STEP = 1e-10
FAR = 1.0  # decrement: a step of a standard error
ROUNDING = 1e-14  # of a value, relative


@dataclass(frozen=True)
class Maximum:
    """Where the search ended. `decrement` estimates twice the value that is still to gain."""

    point: Floats
    value: float
    gradient: Floats
    inverse: Floats  # of minus the Hessian, approximately
    decrement: float
    evaluations: int


def maximise(
    objective: Objective,
    start: Floats,
    metric: Callable[[Floats, Floats], Floats],
    tolerance: float = 1e-9,
    most_evaluations: int = 400,
) -> Maximum:
    """Newton's method with an approximate Hessian, then BFGS from it, with backtracking.

    Args:
        objective: value and gradient; −∞ outside its domain.
        start: inside the domain.
        metric: approximate inverse of minus the Hessian from a point and the gradient there;
            positive definite. Asked for as long as a step is longer than a standard error.
        tolerance: stop at this decrement g′ H⁻¹ g.
        most_evaluations: give up after these.
    """
    point = start.copy()
    value, gradient = objective(point)
    inverse = metric(point, gradient)
    evaluations = 1
    decrement = np.inf
    while evaluations < most_evaluations:
        step = inverse @ gradient
        slack = ROUNDING * abs(value)
        decrement = float(gradient @ step)
        if decrement < tolerance:
            break
        size = 1.0
        while True:
            trial = point + size * step
            trial_value, trial_gradient = objective(trial)
            evaluations += 1
            if trial_value >= value + SUFFICIENT * size * decrement - slack:
                break
            size /= 4 if not np.isfinite(trial_value) else 2
            if size < SMALLEST_STEP or evaluations >= most_evaluations:
                return Maximum(point, value, gradient, inverse, decrement, evaluations)
        if decrement > FAR:
            inverse = metric(trial, trial_gradient)
        else:
            inverse = _updated(inverse, trial - point, gradient - trial_gradient)
        point, value, gradient = trial, trial_value, trial_gradient
    return Maximum(point, value, gradient, inverse, decrement, evaluations)


def _updated(inverse: Floats, move: Floats, change: Floats) -> Floats:
    """The BFGS update; none where the curvature has the wrong sign.

    Source: Nocedal & Wright 2006, Numerical Optimization, eq. 6.17.
    """
    curvature = float(move @ change)
    if curvature <= 1e-10 * float(np.linalg.norm(move) * np.linalg.norm(change)):
        return inverse
    moved = inverse @ change
    scale = (curvature + float(change @ moved)) / curvature**2
    cross = np.outer(moved, move)
    return inverse + scale * np.outer(move, move) - (cross + cross.T) / curvature


def information(objective: Objective, point: Floats, steps: Floats) -> Floats:
    """Minus the Hessian by central differences of the gradient."""
    rows = []
    for k, step in enumerate(steps):
        move = np.zeros(len(point))
        move[k] = step
        rows.append((objective(point - move)[1] - objective(point + move)[1]) / (2 * step))
    found = np.array(rows)
    return np.asarray((found + found.T) / 2)


def differenced(function: Callable[[Floats], float], point: Floats, step: float) -> Floats:
    """The gradient by central differences."""
    slope = np.empty(len(point))
    for k in range(len(point)):
        move = np.zeros(len(point))
        move[k] = step
        slope[k] = (function(point + move) - function(point - move)) / (2 * step)
    return slope
