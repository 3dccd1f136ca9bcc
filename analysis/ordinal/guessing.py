"""The logit link of right and wrong answers, where a guess is right with a known probability.

P(right) = γ + (1 − γ) (1 − F(θ − η)): with two answers only. Its logarithm is not concave below
chance, so a fit over people who all guess may fail its check.

Source: the psychometric function of Treutwein & Strasburger 1999, doi 10.3758/BF03211951, without
lapses; Moscatelli, Mezzetti & Lacquaniti 2012, doi 10.1167/12.11.26, for its mixed model.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from ..arrays import Floats
from .links import Slopes, Value


@dataclass(frozen=True)
class GuessingLogit:
    """A link: `hi` is +∞ for a right answer, `lo` −∞ for a wrong one; `guess` is γ."""

    guess: float

    def cdf(self, x: Floats) -> Floats:
        """P(wrong) at cut point x."""
        return np.asarray(np.where(np.isposinf(x), 1.0, (1 - self.guess) * expit(x)))

    def density(self, x: Floats) -> Floats:
        """Its slope."""
        below = np.asarray(expit(x))
        return (1 - self.guess) * below * (1 - below)

    def value(self, hi: Floats, lo: Floats) -> Value:
        """ℓ, g and W of each answer."""
        is_right = np.isposinf(hi)
        below = np.asarray(expit(np.where(is_right, lo, hi)))
        probability, slope, bend, _ = self._right(below)
        log_wrong = np.log1p(-self.guess) + np.log(np.maximum(below, 1e-300))
        score = slope / probability
        return Value(
            np.where(is_right, np.log(probability), log_wrong),
            np.where(is_right, score, below - 1),
            np.where(is_right, bend / probability + score**2, below * (1 - below)),
        )

    def slopes(self, hi: Floats, lo: Floats) -> Slopes:
        """Derivatives of ℓ, g and W by the one cut point that an answer has."""
        is_right = np.isposinf(hi)
        below = np.asarray(expit(np.where(is_right, lo, hi)))
        probability, slope, bend, twist = self._right(below)
        ratio, second = slope / probability, bend / probability
        density = below * (1 - below)
        zero = np.zeros_like(below)
        return Slopes(
            hi=np.where(is_right, zero, 1 - below),
            lo=np.where(is_right, -ratio, zero),
            cross=zero,
            score_hi=np.where(is_right, zero, density),
            score_lo=np.where(is_right, second + ratio**2, zero),
            weight_hi=np.where(is_right, zero, density * (1 - 2 * below)),
            weight_lo=np.where(
                is_right, twist / probability + 3 * ratio * second + 2 * ratio**3, zero
            ),
        )

    def _right(self, below: Floats) -> tuple[Floats, Floats, Floats, Floats]:
        """P(right), and minus its first three derivatives by the cut point."""
        density = below * (1 - below)
        knows = 1 - self.guess
        return (
            1 - knows * below,
            knows * density,
            knows * density * (1 - 2 * below),
            knows * density * ((1 - 2 * below) ** 2 - 2 * density),
        )
