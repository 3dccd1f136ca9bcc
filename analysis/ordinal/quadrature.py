"""Adaptive Gauss–Hermite quadrature for a model with one random intercept.

Source: Pinheiro & Bates 1995, doi 10.1080/10618600.1995.10474663, §2.4.
"""

from __future__ import annotations

import numpy as np
from numpy.polynomial.hermite import hermgauss

from ..arrays import Floats
from ..random_effects.terms import RandomTerm
from .laplace import LaplaceLikelihood
from .links import Link
from .quasi_newton import differenced
from .thresholds import Patterns

STEP = 1e-5


class QuadratureLikelihood(LaplaceLikelihood):
    """Evaluates the log-likelihood with nodes placed about the mode of each level's effect."""

    def __init__(self, link: Link, fixed: Patterns, term: RandomTerm, points: int) -> None:
        super().__init__(link, fixed, [term])
        self._nodes, self._weights = hermgauss(points)

    def __call__(self, phi: Floats) -> tuple[float, Floats]:
        """Log-likelihood and its gradient, differenced (the nodes move with the parameters)."""
        value = self.value(phi)
        if not np.isfinite(value):
            return value, np.zeros(len(phi))
        return value, differenced(self.value, phi, STEP)

    def value(self, phi: Floats) -> float:
        """The log-likelihood."""
        hi, lo, scales = self.prepared(phi)
        mode = self.mode(hi, lo, scales) if np.all(hi > lo) else None
        if mode is None:
            return -np.inf
        spread = np.sqrt(2 * mode.factor.leverage(scales)[1])
        level = self.terms[0].codes
        place = np.zeros(self.terms[0].levels, dtype=np.intp)  # of each level's effect
        place[level] = self.places(0)
        logs = []
        for node, weight in zip(self._nodes, self._weights, strict=True):
            effects = mode.effects + spread * node
            value = self.value_at(hi, lo, scales, effects)
            sums = np.bincount(level, value.log_probability, minlength=len(place))
            logs.append(sums - 0.5 * effects[place] ** 2 + node**2 + np.log(weight))
        top = np.max(logs, axis=0)
        integral = np.exp(np.array(logs) - top).sum(axis=0) * spread[place] / np.sqrt(2 * np.pi)
        return float(np.sum(top + np.log(integral)))
