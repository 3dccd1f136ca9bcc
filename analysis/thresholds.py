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

from .ordinal_links import Slopes
from .random_terms import Codes
from .reml import Floats

Structure = Literal["flexible", "symmetric", "equidistant"]


@dataclass(frozen=True)
class Thresholds:
    """`matrix @ parameters` are the cut points: J − 1 rows, or that many for each group."""

    matrix: Floats
    names: tuple[str, ...]
    groups: int = 1

    @property
    def count(self) -> int:
        """Cut points of one group."""
        return len(self.matrix) // self.groups


def thresholds(answers: Sequence[str], structure: Structure) -> Thresholds:
    """The cut points between neighbouring `answers` (lowest first).

    `flexible` leaves each free; `symmetric` mirrors them about a centre; `equidistant` has one
    spacing. With two answers all are one free cut point.
    """
    count = len(answers) - 1
    between = tuple(f"{a}|{b}" for a, b in pairwise(answers))
    if structure == "flexible" or count == 1:
        return Thresholds(np.eye(count), between)
    if structure == "equidistant":
        return Thresholds(
            np.column_stack([np.ones(count), np.arange(count)]), (between[0], "spacing")
        )
    pairs = count // 2
    matrix = np.zeros((count, 1 + pairs))
    matrix[:, 0] = 1
    for k in range(pairs):  # outermost last, as distances from the centre
        matrix[count - pairs + k, 1 + k] = 1
        matrix[pairs - 1 - k, 1 + k] = -1
    return Thresholds(matrix, ("centre", *(f"distance.{k + 1}" for k in range(pairs))))


def per_group(base: Thresholds, groups: Sequence[str]) -> Thresholds:
    """Cut points of their own for each group: the partial proportional odds model."""
    names = tuple(f"{name}:{group}" for group in groups for name in base.names)
    matrix = np.kron(np.eye(len(groups)), base.matrix)
    return Thresholds(np.asarray(matrix, dtype=np.float64), names, len(groups))


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


def patterns(y: Codes, X: Floats, cuts: Thresholds, group: Codes | None = None) -> Patterns:
    """Collect the patterns.

    Args:
        y: n answers as 0..J-1.
        X: n × p fixed effects without intercept.
        cuts: the cut points.
        group: of each rating, where each group has its own cut points.
    """
    group = np.zeros(len(y), dtype=np.intp) if group is None else group
    codes = joint_codes([y, group, *X.T])
    _, first = np.unique(codes, return_index=True)
    answer, offset = y[first], group[first] * cuts.count
    top, bottom = answer == cuts.count, answer == 0
    upper = cuts.matrix[offset + np.minimum(answer, cuts.count - 1)]
    lower = cuts.matrix[offset + np.maximum(answer - 1, 0)]
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
