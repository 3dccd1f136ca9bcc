"""Random terms of a mixed model: the level of each rating, and which terms can be told apart.

A term is a partition of the ratings (`participant`, `item`, `participant:system`, ...). A term
whose variance the data cannot separate from another part of the model is left out, in words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from earwitness.stimuli.formula import DEFAULT_GROUPS

Codes = NDArray[np.intp]


@dataclass(frozen=True)
class RandomTerm:
    """One random intercept: `codes[i]` in 0..levels-1 is the level of rating i."""

    name: str
    codes: Codes
    levels: int


@dataclass(frozen=True)
class RandomSlopes(RandomTerm):
    """Random coefficients of `design` (n × width) with a free covariance over the levels.

    One column of ±1 gives a signed random effect, as comparisons of two systems need.
    """

    design: NDArray[np.float64]
    columns: tuple[str, ...]


@dataclass(frozen=True)
class AlikeSlopes(RandomSlopes):
    """Random coefficients that are independent and have one variance.

    With +1 and −1 for the two systems of a comparison they are each system's own random effect,
    of which a comparison shows the difference.
    """


def partition(frame: pd.DataFrame, columns: Sequence[str]) -> Codes:
    """Codes 0..levels-1 of the combinations of `columns` that occur."""
    if len(columns) == 1:
        return np.asarray(pd.factorize(frame[columns[0]], sort=True)[0], dtype=np.intp)
    return np.asarray(frame.groupby(list(columns), sort=True).ngroup(), dtype=np.intp)


def random_terms(
    frame: pd.DataFrame, columns: Sequence[Sequence[str]] = DEFAULT_GROUPS
) -> tuple[list[RandomTerm], list[str]]:
    """The terms that this data can estimate, and a sentence for each that it cannot.

    Args:
        frame: one row per rating, with the named columns.
        columns: the columns of each term, simplest first.
    """
    terms: list[RandomTerm] = []
    notes: list[str] = []
    fixed = partition(frame, ["system"])
    for names in columns:
        codes = partition(frame, names)
        term = RandomTerm(":".join(names), codes, int(codes.max()) + 1)
        reason = _why_not(term, terms, fixed)
        if reason:
            notes.append(f"Random {term.name} is not in the model: {reason}.")
        else:
            terms.append(term)
    return terms, notes


def _why_not(term: RandomTerm, kept: Sequence[RandomTerm], fixed: Codes) -> str:
    """Why the variance of `term` cannot be estimated; empty when it can."""
    if term.levels == 1:
        return "there is only one"
    if term.levels == len(term.codes):
        return "there is one rating in each, so it is part of the residual"
    if _same_partition(term.codes, fixed):
        return "it cannot be told apart from the systems themselves"
    for other in kept:
        if _same_partition(term.codes, other.codes):
            return f"it cannot be told apart from random {other.name}"
    return ""


def _same_partition(first: Codes, second: Codes) -> bool:
    pairs = len(np.unique(first * (int(second.max()) + 1) + second))
    return pairs == int(first.max()) + 1 == int(second.max()) + 1
