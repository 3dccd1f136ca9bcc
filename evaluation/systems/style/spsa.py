"""Minimise a function without its gradient: two evaluations a step, whatever the dimension.

Simultaneous perturbation stochastic approximation (J. C. Spall, IEEE Trans. Automatic Control
37(3), 1992), with the gains that Spall recommends (IEEE Trans. Aerospace and Electronic Systems
34(3), 1998).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Loss = Callable[[Floats], float]

STEP_EXPONENT, PERTURBATION_EXPONENT = 0.602, 0.101


@dataclass(frozen=True)
class Search:
    """`step` is the length of the first step, `perturbation` that of the first probe, in settings
    from 0 to 1."""

    iterations: int = 100
    step: float = 0.15
    perturbation: float = 0.05


@dataclass(frozen=True, eq=False)
class Found:
    """The best settings that were tried, their loss, and the loss at the start."""

    settings: Floats
    loss: float
    loss_at_start: float
    evaluations: int


def minimise(loss: Loss, start: Floats, search: Search, *, seed: int) -> Found:
    """Search in the unit cube from `start`; keeps the best point of all that were evaluated."""
    draw = np.random.default_rng(seed)
    at = np.clip(start, 0.0, 1.0)
    initial = loss(at)
    best, best_loss = at, initial
    stability = 0.1 * search.iterations
    scale: float | None = None
    for k in range(search.iterations):
        probe = search.perturbation / (k + 1) ** PERTURBATION_EXPONENT
        gradient, tried = estimate_gradient(loss, at, probe, draw)
        for point, value in tried:
            if value < best_loss:
                best, best_loss = point, value
        if scale is None:
            # The first step has the length that was asked for, whatever the loss's unit.
            largest = max(float(np.abs(gradient).max()), 1e-12)
            scale = search.step * (1.0 + stability) ** STEP_EXPONENT / largest
        at = np.clip(at - scale / (k + 1 + stability) ** STEP_EXPONENT * gradient, 0.0, 1.0)
    value = loss(at)
    if value < best_loss:
        best, best_loss = at, value
    return Found(best, best_loss, initial, 2 * search.iterations + 2)


def estimate_gradient(
    loss: Loss, at: Floats, probe: float, draw: np.random.Generator
) -> tuple[Floats, tuple[tuple[Floats, float], ...]]:
    """One estimate of the gradient, and the two points with their losses."""
    direction = draw.choice((-1.0, 1.0), size=len(at))
    points = [np.clip(at + sign * probe * direction, 0.0, 1.0) for sign in (1.0, -1.0)]
    values = [loss(point) for point in points]
    # 1 / ±1 = ±1: the division by each component of the direction is a product.
    gradient: Floats = (values[0] - values[1]) / (2.0 * probe) * direction
    return gradient, tuple(zip(points, values, strict=True))
