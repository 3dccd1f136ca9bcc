"""Log-likelihood of a cumulative link mixed model by Laplace's approximation, with its gradient.

The integrand's mode is found by Newton's method (the integrand is log-concave); the gradient
follows the mode by implicit differentiation, so that it is exact for the approximation.

Source: Tierney & Kadane 1986, doi 10.1080/01621459.1986.10478240; the spherical random effects of
Bates et al. 2015, doi 10.18637/jss.v067.i01, §2.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_matrix, csr_matrix

from ..arrays import Floats
from ..random_effects.terms import AlikeSlopes, Codes, RandomSlopes, RandomTerm
from .arrow import Arrow, Factor, Scales
from .links import Link, Slopes, Value
from .thresholds import Patterns, joint_codes

# Newton decrement at which the mode is found, to 1e-10 standard deviations where the gradient is
# differenced; a search can do with less, because the value is corrected for what is missing.
EXACT, ENOUGH = 1e-20, 1e-10
SHORT = 1.25  # of a step towards zero, so that it ends where the slope still tells the side
MOST_STEPS = 100


@dataclass(frozen=True)
class Mode:
    """The integrand's mode: effects, each rating's values, and the factorised Hessian there."""

    effects: Floats
    value: Value
    factor: Factor
    step: Floats  # the rest of the way, not gone
    height: float  # log-integrand at the end of it


class LaplaceLikelihood:
    """Evaluates the log-likelihood at parameters φ = (ψ, entries of the Cholesky factors Λ).

    A random intercept's entry is its standard deviation; signs do not matter.
    """

    def __init__(self, link: Link, fixed: Patterns, terms: Sequence[RandomTerm]) -> None:
        self.link, self.fixed, self.terms = link, fixed, tuple(terms)
        designs = [t.design.T for t in terms if isinstance(t, RandomSlopes)]
        keys = [term.codes for term in terms] + [column for part in designs for column in part]
        self._cell: Codes = joint_codes(keys)
        _, first = np.unique(self._cell, return_index=True)
        self.cells = len(first)
        self._designs = [t.design[first] if isinstance(t, RandomSlopes) else None for t in terms]
        self._widths = [1 if d is None else d.shape[1] for d in self._designs]
        self._lower = [np.tril_indices(width) for width in self._widths]
        self._alike = [isinstance(term, AlikeSlopes) for term in terms]
        self._sizes = [
            1 if alike else len(rows)
            for alike, (rows, _) in zip(self._alike, self._lower, strict=True)
        ]
        self.parameters = fixed.parameters + sum(self._sizes)
        levels = [RandomTerm(t.name, t.codes[first], t.levels) for t in terms]
        self._arrow = Arrow(levels, self._widths)
        self._last = np.zeros(self._arrow.effects)
        self.mode_tolerance = ENOUGH

    def entries(self, term: int) -> slice:
        """Where the parameters of a random term lie in φ."""
        start = self.fixed.parameters + sum(self._sizes[:term])
        return slice(start, start + self._sizes[term])

    @property
    def diagonal(self) -> Codes:
        """Where the diagonal entries of all Cholesky factors lie in φ."""
        places = [
            self.entries(k).start + np.flatnonzero(rows == columns)[: self._sizes[k]]
            for k, (rows, columns) in enumerate(self._lower)
        ]
        return np.concatenate(places)

    def signs(self, phi: Floats) -> Floats:
        """±1 by which to multiply φ so that no diagonal entry is negative: the same model."""
        signs = np.ones(len(phi))
        for k, (_, columns) in enumerate(self._lower):
            diagonal = np.where(np.diagonal(self.cholesky(phi, k)) < 0, -1.0, 1.0)
            signs[self.entries(k)] = diagonal[columns[: self._sizes[k]]]
        return signs

    def conditional_modes(self, phi: Floats, term: int) -> Floats:
        """The random effects of a term on the latent scale, levels × width."""
        hi, lo, scales = self.prepared(phi)
        mode = self.mode(hi, lo, scales)
        first = sum(self._widths[:term])
        effects = np.zeros((self.terms[term].levels, self._widths[term]))
        if mode is not None:
            for j in range(self._widths[term]):
                effects[self.terms[term].codes, j] = mode.effects[self.places(first + j)]
        return effects @ self.cholesky(phi, term).T

    def cholesky(self, phi: Floats, term: int) -> Floats:
        """The lower factor of a term's covariance, width × width."""
        if self._alike[term]:
            return np.asarray(phi[self.entries(term)][0] * np.eye(self._widths[term]))
        factor = np.zeros((self._widths[term],) * 2)
        factor[self._lower[term]] = phi[self.entries(term)]
        return factor

    def __call__(self, phi: Floats) -> tuple[float, Floats]:
        """Log-likelihood and gradient; −∞ where the cut points are out of order."""
        hi, lo, scales = self.prepared(phi)
        mode = self.mode(hi, lo, scales) if np.all(hi > lo) else None
        if mode is None:
            return -np.inf, np.zeros(len(phi))
        slopes = self._slopes(hi, lo, scales, mode)
        return self._differentiated(mode, slopes, scales)

    def prepared(self, phi: Floats) -> tuple[Floats, Floats, list[Floats | float]]:
        """Cut points of each pattern, and Λ (times the design, where there is one) of each slot."""
        scales: list[Floats | float] = []
        for k, design in enumerate(self._designs):
            factor = self.cholesky(phi, k)
            scales += [float(factor[0, 0])] if design is None else list((design @ factor).T)
        return (*self.fixed.cut_points(phi[: self.fixed.parameters]), scales)

    def places(self, slot: int) -> Codes:
        """Where each rating's effect lies among all effects."""
        return self._arrow.position[slot][self._cell]

    def value_at(self, hi: Floats, lo: Floats, scales: Scales, effects: Floats) -> Value:
        """Each rating's values given the random effects."""
        random = self._arrow.gather(effects, scales)[self._cell]
        return self.link.value(*self._rows(hi, lo, random))

    def _rows(self, hi: Floats, lo: Floats, random: Floats) -> tuple[Floats, Floats]:
        return hi[self.fixed.codes] - random, lo[self.fixed.codes] - random

    def _slopes(self, hi: Floats, lo: Floats, scales: Scales, mode: Mode) -> Slopes:
        random = self._arrow.gather(mode.effects, scales)[self._cell]
        return self.link.slopes(*self._rows(hi, lo, random))

    def _sum(self, values: Floats) -> Floats:
        """Sums over the ratings of a cell."""
        return np.bincount(self._cell, values, minlength=self.cells).astype(np.float64, copy=False)

    def mode(self, hi: Floats, lo: Floats, scales: Scales) -> Mode | None:
        """Maximise the integrand over the effects; None if that fails."""
        effects = self._last
        value = self.value_at(hi, lo, scales, effects)
        height = _height(value, effects)
        if not np.isfinite(height):
            effects = np.zeros_like(effects)
            value = self.value_at(hi, lo, scales, effects)
            height = _height(value, effects)
        for _ in range(MOST_STEPS):
            try:
                factor = self._arrow.factor(self._sum(value.weight), scales)
            except np.linalg.LinAlgError:
                return None  # far out, where probabilities underflow
            slope = self._arrow.spread(self._sum(value.score), scales) - effects
            step = factor.solve(slope)
            decrement = float(slope @ step)
            if not decrement > self.mode_tolerance:
                self._last = effects
                return Mode(effects, value, factor, step, height + 0.5 * decrement)
            size = 1.0
            while True:
                trial = effects + size * step
                value = self.value_at(hi, lo, scales, trial)
                reached = _height(value, trial)
                if reached >= height - 1e-9 or size < 1e-9:
                    break
                size /= 2
            effects, height = trial, reached
        return None

    def _differentiated(self, mode: Mode, slopes: Slopes, scales: Scales) -> tuple[float, Floats]:
        """Value and gradient."""
        arrow, score, weight = self._arrow, mode.value.score, mode.value.weight
        sums, _ = mode.factor.leverage(scales)
        leverage = sum(s * scale for s, scale in zip(sums, scales, strict=True))
        spread_of = np.asarray(leverage)[self._cell]  # v′H⁻¹v of each rating
        drift = -spread_of * (slopes.weight_hi + slopes.weight_lo)  # by each rating's η
        determinant_slope = arrow.spread(self._sum(drift), scales)  # by the effects
        log_determinant = mode.factor.log_determinant + float(determinant_slope @ mode.step)
        pull = mode.factor.solve(determinant_slope)
        moved = arrow.gather(pull, scales)[self._cell]
        fixed = self.fixed.gradient(
            slopes.hi - 0.5 * (spread_of * slopes.weight_hi + moved * slopes.score_hi),
            slopes.lo - 0.5 * (spread_of * slopes.weight_lo + moved * slopes.score_lo),
        )
        total = self._sum(score - 0.5 * (drift - moved * weight))
        half_score, weight_sum = 0.5 * self._sum(score), self._sum(weight)
        by_slot = [
            total * mode.effects[place] - half_score * pull[place] - weight_sum * s
            for place, s in zip(arrow.position, sums, strict=True)
        ]
        gradient = np.concatenate([fixed, *self._random_gradient(by_slot)])
        return mode.height - 0.5 * log_determinant, gradient

    def _random_gradient(self, by_slot: list[Floats]) -> list[Floats]:
        """From derivatives by each cell's scale of a slot to derivatives by Λ's entries."""
        parts, slot = [], 0
        for design, width, alike, (rows, columns) in zip(
            self._designs, self._widths, self._alike, self._lower, strict=True
        ):
            mine = np.array(by_slot[slot : slot + width])
            entries = mine.sum(axis=1)[None] if design is None else design.T @ mine.T
            parts.append(np.array([np.trace(entries)]) if alike else entries[rows, columns])
            slot += width
        return parts

    def information(self, phi: Floats, gradient: Floats) -> Floats:
        """A cheap approximation of minus the Hessian, for the optimiser's metric.

        That of ψ in the log-integrand with the effects profiled out, and for each entry of Λ that
        of a Gaussian model's standard deviation, or the slope from zero, where the likelihood is
        flat because signs do not matter: that is larger where the maximum is at zero.
        """
        hi, lo, scales = self.prepared(phi)
        mode = self.mode(hi, lo, scales)
        if mode is None:
            return np.eye(len(phi))
        slopes = self._slopes(hi, lo, scales, mode)
        m = self.fixed.parameters
        touch = self._touch(slopes.score_hi, scales) @ self.fixed.upper
        touch += self._touch(slopes.score_lo, scales) @ self.fixed.lower
        result = np.eye(len(phi))
        result[:m, :m] = self.fixed.information(slopes) - touch.T @ mode.factor.solve(touch)
        known = 1 - mode.factor.leverage(scales)[1]  # how far the data determine each effect
        for k, (rows, columns) in enumerate(self._lower):
            where = np.arange(*self.entries(k).indices(len(phi)))
            first = sum(self._widths[:k])
            for j in range(1 if self._alike[k] else self._widths[k]):
                slots = self._arrow.position[first : first + self._widths[k]]
                level = np.unique(slots if self._alike[k] else slots[j])
                mine = where if self._alike[k] else where[columns == j]
                deviation = phi[mine[0]] if abs(phi[mine[0]]) > 1e-3 else 1e-3
                amount = 2 * float(np.sum(known[level] ** 2)) / deviation**2
                amount = max(amount, SHORT * float(-gradient[mine[0]] / deviation), 1.0)
                on = rows[columns == j][: len(mine)] == j
                result[mine, mine] = np.where(on, amount, 0.5 * amount)
        return result

    def _touch(self, values: Floats, scales: Scales) -> csr_matrix:
        """Sums of a number per rating by effect and pattern."""
        shape = (self._arrow.effects, len(self.fixed.upper))
        slots = range(len(scales))
        weights = [np.broadcast_to(scale, self.cells)[self._cell] * values for scale in scales]
        places = np.concatenate([self.places(slot) for slot in slots])
        codes = np.tile(self.fixed.codes, len(scales))
        return coo_matrix((np.concatenate(weights), (places, codes)), shape).tocsr()


def _height(value: Value, effects: Floats) -> float:
    """The log-integrand."""
    return float(value.log_probability.sum() - 0.5 * effects @ effects)
