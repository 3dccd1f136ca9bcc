"""Links of a cumulative model: the log-probability of an answer and its derivatives.

An answer lies between two cut points of a latent scale. With `hi` and `lo` the cut points minus the
linear predictor η, its probability is F(hi) − F(lo); `hi` is +∞ for the highest answer, `lo` −∞ for
the lowest. F is log-concave for every link here, so the log-probability is concave in (hi, lo).

Source: McCullagh 1980, J. R. Stat. Soc. B 42, 109–142, §2.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from scipy.special import expit, ndtr

from ..arrays import Floats

LinkName = Literal["logit", "probit", "cloglog"]

_TINY = 1e-100  # of a probability, so that no ratio of three densities overflows


@dataclass(frozen=True)
class Value:
    """Log-probability ℓ, its slope g = ∂ℓ/∂η and its weight W = −∂²ℓ/∂η², of each answer."""

    log_probability: Floats
    score: Floats
    weight: Floats


@dataclass(frozen=True)
class Slopes:
    """Derivatives of ℓ, g and W with respect to `hi` and `lo`; `cross` is ∂²ℓ/∂hi∂lo."""

    hi: Floats
    lo: Floats
    cross: Floats
    score_hi: Floats
    score_lo: Floats
    weight_hi: Floats
    weight_lo: Floats


class Link(Protocol):
    """A distribution function F on the latent scale."""

    def cdf(self, x: Floats) -> Floats:
        """F(x)."""
        ...

    def density(self, x: Floats) -> Floats:
        """F′(x)."""
        ...

    def value(self, hi: Floats, lo: Floats) -> Value:
        """ℓ, g and W; `hi` > `lo`."""
        ...

    def slopes(self, hi: Floats, lo: Floats) -> Slopes:
        """The derivatives that the gradient of the Laplace approximation needs."""
        ...


class Logit:
    """F(hi) − F(lo) = F(hi) F(−lo) (1 − e^(lo − hi)): every derivative is short and stable."""

    def cdf(self, x: Floats) -> Floats:
        return np.asarray(expit(x))

    def density(self, x: Floats) -> Floats:
        above = np.asarray(expit(x))
        return above * (1 - above)

    def value(self, hi: Floats, lo: Floats) -> Value:
        below_hi = 1 + np.exp(-np.maximum(hi, -300.0))
        below_lo = 1 + np.exp(np.minimum(lo, 300.0))
        log_probability = np.log(-np.expm1(lo - hi) / (below_hi * below_lo))
        f_hi, f_lo = 1 / below_hi, 1 / below_lo  # F(hi), 1 − F(lo)
        return Value(log_probability, f_hi - f_lo, f_hi * (1 - f_hi) + f_lo * (1 - f_lo))

    def slopes(self, hi: Floats, lo: Floats) -> Slopes:
        above_hi, above_lo = expit(-hi), expit(-lo)  # 1 − F
        density_hi, density_lo = above_hi * (1 - above_hi), above_lo * (1 - above_lo)
        gap = 1 / np.expm1(np.minimum(hi - lo, 700.0))
        return Slopes(
            hi=above_hi + gap,
            lo=above_lo - 1 - gap,
            cross=gap * (1 + gap),
            score_hi=density_hi,
            score_lo=density_lo,
            weight_hi=density_hi * (2 * above_hi - 1),
            weight_lo=density_lo * (2 * above_lo - 1),
        )


@dataclass(frozen=True)
class ByDensity:
    """A link given by F, 1 − F and the density with its first two derivatives."""

    lower_tail: Callable[[Floats], Floats]
    upper_tail: Callable[[Floats], Floats]
    densities: Callable[[Floats], tuple[Floats, Floats, Floats]]
    low: float  # beyond these the tails underflow
    high: float

    def cdf(self, x: Floats) -> Floats:
        return self.lower_tail(np.clip(x, self.low, self.high))

    def density(self, x: Floats) -> Floats:
        return self._densities(x)[0]

    def value(self, hi: Floats, lo: Floats) -> Value:
        probability, a, b, a1, b1, _, _ = self._ratios(hi, lo)
        score = b - a
        # Rounding may make the weight of a certain answer negative.
        return Value(np.log(probability), score, np.maximum(b1 - a1 + score * score, 0.0))

    def slopes(self, hi: Floats, lo: Floats) -> Slopes:
        _, a, b, a1, b1, a2, b2 = self._ratios(hi, lo)
        score = b - a
        score_hi, score_lo = -a1 - a * score, b1 + b * score
        return Slopes(
            hi=a,
            lo=-b,
            cross=a * b,
            score_hi=score_hi,
            score_lo=score_lo,
            weight_hi=a * (a1 - b1) - a2 + 2 * score * score_hi,
            weight_lo=b * (b1 - a1) + b2 + 2 * score * score_lo,
        )

    def _ratios(self, hi: Floats, lo: Floats) -> tuple[Floats, ...]:
        """The probability, and the densities and their derivatives divided by it."""
        top, bottom = np.clip(hi, self.low, self.high), np.clip(lo, self.low, self.high)
        probability = np.where(  # the smaller tails, which lose no digits in the difference
            bottom > 0,
            self.upper_tail(bottom) - np.where(np.isposinf(hi), 0.0, self.upper_tail(top)),
            self.lower_tail(top) - np.where(np.isneginf(lo), 0.0, self.lower_tail(bottom)),
        )
        probability = np.maximum(probability, _TINY)
        a, a1, a2 = (d / probability for d in self._densities(hi))
        b, b1, b2 = (d / probability for d in self._densities(lo))
        return probability, a, b, a1, b1, a2, b2

    def _densities(self, x: Floats) -> tuple[Floats, Floats, Floats]:
        end = np.isinf(x)
        first, second, third = self.densities(np.clip(x, self.low, self.high))
        return np.where(end, 0.0, first), np.where(end, 0.0, second), np.where(end, 0.0, third)


def _normal(x: Floats) -> tuple[Floats, Floats, Floats]:
    density = np.exp(-0.5 * x * x) / np.sqrt(2 * np.pi)
    return density, -x * density, (x * x - 1) * density


def _gumbel(x: Floats) -> tuple[Floats, Floats, Floats]:
    rate = np.exp(x)
    density = rate * np.exp(-rate)
    return density, density * (1 - rate), density * ((1 - rate) ** 2 - rate)


LINKS: dict[LinkName, Link] = {
    "logit": Logit(),
    "probit": ByDensity(lambda x: ndtr(x), lambda x: ndtr(-x), _normal, -35.0, 35.0),
    "cloglog": ByDensity(
        lambda x: -np.expm1(-np.exp(x)), lambda x: np.exp(-np.exp(x)), _gumbel, -200.0, 5.4
    ),
}
