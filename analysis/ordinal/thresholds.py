"""Cut points between the answers as a linear map of few parameters, and the fixed part of a model.

Everything fixed is linear: an answer's upper cut point minus its fixed effects is `upper @ ψ`, the
lower one `lower @ ψ`, with ψ the threshold parameters followed by the coefficients. Ratings with
the same answer and the same fixed effects share a row of these matrices (a pattern).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
import pandas as pd

from ..arrays import Floats
from ..random_effects.terms import Codes
from .links import Slopes

Structure = Literal["flexible", "symmetric", "equidistant"]


@dataclass(frozen=True)
class Thresholds:
    """`matrix @ parameters` are the cut points, and `above` says which one ends each answer.

    `above[g, a]` is the row of the cut point above answer a in group g, −1 where there is none;
    `below` the one under it. With one group the cut points are in order.
    """

    matrix: Floats
    names: tuple[str, ...]
    above: Codes
    below: Codes

    @property
    def groups(self) -> int:
        return len(self.above)


def thresholds(answers: Sequence[str], structure: Structure) -> Thresholds:
    """The cut points between neighbouring `answers` (lowest first).

    `flexible` leaves each free; `symmetric` mirrors them about a centre; `equidistant` has one
    spacing. With two answers all are one free cut point.
    """
    count = len(answers) - 1
    above = np.array([[*range(count), -1]], dtype=np.intp)
    below = np.array([[-1, *range(count)]], dtype=np.intp)
    between = tuple(f"{a}|{b}" for a, b in pairwise(answers))
    if structure == "flexible" or count == 1:
        return Thresholds(np.eye(count), between, above, below)
    if structure == "equidistant":
        steps = np.column_stack([np.ones(count), np.arange(count, dtype=float)])
        return Thresholds(steps, (between[0], "spacing"), above, below)
    pairs = count // 2
    matrix = np.zeros((count, 1 + pairs))
    matrix[:, 0] = 1
    for k in range(pairs):  # outermost last, as distances from the centre
        matrix[count - pairs + k, 1 + k] = 1
        matrix[pairs - 1 - k, 1 + k] = -1
    names = ("centre", *(f"distance.{k + 1}" for k in range(pairs)))
    return Thresholds(matrix, names, above, below)


def per_group(
    answers: Sequence[str], y: Codes, group: Codes, group_names: Sequence[str]
) -> Thresholds:
    """Free cut points for each group, between the answers that occur in it.

    A cut point beyond a group's last answer would be infinite and change no probability.
    """
    above = np.full((len(group_names), len(answers)), -1, dtype=np.intp)
    below = above.copy()
    names: list[str] = []
    for g, label in enumerate(group_names):
        for a, b in pairwise(np.unique(y[group == g])):
            above[g, a] = below[g, b] = len(names)
            names.append(f"{answers[a]}|{answers[b]}:{label}")
    return Thresholds(np.eye(len(names)), tuple(names), above, below)


@dataclass(frozen=True)
class Patterns:
    """The distinct combinations of answer and fixed effects, and the one of each rating."""

    codes: Codes
    upper: Floats  # pattern × ψ; a zero row where `top`
    lower: Floats
    top: np.ndarray  # the highest answer: upper cut point +∞
    bottom: np.ndarray

    @property
    def parameters(self) -> int:
        return int(self.upper.shape[1])

    def cut_points(self, psi: Floats) -> tuple[Floats, Floats]:
        """Upper and lower cut point minus the fixed effects, of each pattern."""
        hi, lo = self.upper @ psi, self.lower @ psi
        hi[self.top], lo[self.bottom] = np.inf, -np.inf
        return hi, lo

    def gradient(self, hi: Floats, lo: Floats) -> Floats:
        """From derivatives by each rating's cut points to derivatives by ψ."""
        count = len(self.upper)
        above = np.bincount(self.codes, hi, minlength=count)
        below = np.bincount(self.codes, lo, minlength=count)
        return np.asarray(above @ self.upper + below @ self.lower)

    def information(self, slopes: Slopes) -> Floats:
        """Minus the second derivatives of the sum of ℓ by ψ, from those of each rating."""
        count = len(self.upper)
        above, below, cross = (
            np.bincount(self.codes, values, minlength=count)[:, None]
            for values in (slopes.score_hi, slopes.score_lo, slopes.cross)
        )
        gap = self.upper - self.lower
        # −∂²ℓ/∂hi² = g_hi + cross and likewise for lo, so cross multiplies a square.
        return np.asarray(
            self.upper.T @ (above * self.upper)
            + self.lower.T @ (below * self.lower)
            + gap.T @ (cross * gap)
        )


def patterns(y: Codes, X: Floats, cuts: Thresholds, group: Codes) -> Patterns:
    """Collect the patterns.

    Args:
        y: n answers as 0..J-1.
        X: n × p fixed effects without intercept.
        cuts: the cut points.
        group: of each rating; 0 with one set of cut points.
    """
    codes = joint_codes([y, group, *X.T])
    _, first = np.unique(codes, return_index=True)
    above = cuts.above[group[first], y[first]]
    below = cuts.below[group[first], y[first]]
    top, bottom = above < 0, below < 0
    upper, lower = cuts.matrix[above], cuts.matrix[below]
    fixed = -X[first]
    upper, lower = np.hstack([upper, fixed]), np.hstack([lower, fixed])
    upper[top], lower[bottom] = 0.0, 0.0
    return Patterns(codes, upper, lower, top, bottom)


def joint_codes(columns: Sequence[np.ndarray]) -> Codes:
    """Codes 0..k-1 of the combinations of equal-length columns, in sorted order."""
    codes = np.zeros(len(columns[0]), dtype=np.intp)
    for column in columns:
        values, levels = pd.factorize(column, sort=True)
        codes = np.asarray(pd.factorize(codes * len(levels) + values, sort=True)[0], dtype=np.intp)
    return codes
