"""Log-likelihood of a cumulative link model without random effects: one row per pattern."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..arrays import Floats
from .links import Link
from .thresholds import Patterns


class FixedLikelihood:
    """Evaluates the log-likelihood at ψ; equal ratings are counted, not repeated."""

    def __init__(self, link: Link, fixed: Patterns) -> None:
        self.link = link
        count = len(fixed.upper)
        self._times = np.bincount(fixed.codes, minlength=count).astype(float)
        self._fixed = replace(fixed, codes=np.arange(count))
        self.parameters = fixed.parameters

    def __call__(self, psi: Floats) -> tuple[float, Floats]:
        """Log-likelihood and gradient; −∞ where the cut points are out of order."""
        hi, lo = self._fixed.cut_points(psi)
        if not np.all(hi > lo):
            return -np.inf, np.zeros(len(psi))
        value = float(self._times @ self.link.value(hi, lo).log_probability)
        slopes = self.link.slopes(hi, lo)
        return value, self._fixed.gradient(self._times * slopes.hi, self._times * slopes.lo)

    def information(self, psi: Floats) -> Floats:
        """Minus the Hessian."""
        slopes = self.link.slopes(*self._fixed.cut_points(psi))
        times = self._times
        return self._fixed.information(
            replace(
                slopes,
                score_hi=times * slopes.score_hi,
                score_lo=times * slopes.score_lo,
                cross=times * slopes.cross,
            )
        )
