"""What to ask of a formula: the levels to average at, and the differences that make a term."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..arrays import Floats
from .design import FixedDesign, Level, Variable, level_text

MOST_FACTORS = 2  # of the marginal means that are shown: more are a table that nobody reads


@dataclass(frozen=True)
class Cell:
    """Some levels, and the coefficients' weights of the mean there (None without estimate)."""

    at: dict[str, Level]
    rows: Floats  # fixed effects at each point that the mean is over
    weights: Floats | None


@dataclass(frozen=True)
class Difference:
    """A difference between levels, or of such differences, as weights of the coefficients."""

    words: str
    weights: Floats | None


def cells_of(fixed: FixedDesign, term: Sequence[str]) -> list[Cell]:
    """The marginal means of a term; none where one of its numbers has no levels."""
    variables = [fixed.variables[name] for name in term]
    if len(term) > MOST_FACTORS or not all(variable.levels for variable in variables):
        return []
    cells = []
    for levels in itertools.product(*(variable.levels for variable in variables)):
        at = dict(zip(term, levels, strict=True))
        rows = fixed.rows_at(at)
        cells.append(Cell(at, rows[:, fixed.kept], fixed.weights(rows.mean(axis=0))))
    return cells


def differences_of(fixed: FixedDesign, term: Sequence[str]) -> list[Difference]:
    """Each level against the first, of each variable of a term, multiplied out."""
    steps = [_steps(fixed.variables[name]) for name in term]
    found = []
    for chosen in itertools.product(*steps):
        total = 0.0 * fixed.known[0]
        for ends in itertools.product((0, 1), repeat=len(chosen)):
            at = {name: step[1][end] for name, step, end in zip(term, chosen, ends, strict=True)}
            sign = (-1.0) ** (len(ends) - sum(ends))
            total = total + sign * fixed.rows_at(at).mean(axis=0)
        words = [step[0] for step in chosen]
        joined = words[0] if len(words) == 1 else " × ".join(f"({word})" for word in words)
        found.append(Difference(joined, fixed.weights(total)))
    return found


def pairs_of(fixed: FixedDesign, name: str) -> list[Difference]:
    """All pairs of a variable's levels, later minus earlier."""
    levels = fixed.variables[name].levels
    means = [fixed.rows_at({name: level}).mean(axis=0) for level in levels]
    return [
        Difference(f"{name}[{level_text(levels[j])}] − {name}[{level_text(levels[i])}]",
                   fixed.weights(means[j] - means[i]))
        for i, j in itertools.combinations(range(len(levels)), 2)
    ]  # fmt: skip


def joint_weights(fixed: FixedDesign, term: Sequence[str]) -> Floats | None:
    """All differences of a term, one row each; None where one has no estimate."""
    rows = [difference.weights for difference in differences_of(fixed, term)]
    if not rows or any(row is None for row in rows):
        return None
    return np.array(rows)


def _steps(variable: Variable) -> list[tuple[str, tuple[Level, Level]]]:
    """In words, and from where to where."""
    if variable.levels:
        first = variable.levels[0]
        return [
            (f"{variable.name}[{level_text(level)}] − {variable.name}[{level_text(first)}]",
             (first, level))
            for level in variable.levels[1:]
        ]  # fmt: skip
    return [(f"{variable.name} + 1", (variable.mean, variable.mean + 1))]
