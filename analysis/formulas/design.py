"""Fixed effects of a formula as numbers, and the rows that marginal means are made of.

Categories have treatment coding: the reference of `system` is the baseline, that of others the
first by name. A coefficient is called as in R, with brackets: `system[NAME]:expertise[pro]`.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from formulaic import Formula as Formulaic
from formulaic import ModelSpec
from numpy.typing import NDArray

from earwitness.stimuli.formula import Formula

from ..arrays import Floats
from ..random_effects.terms import Codes

TOLERANCE = 1e-8  # of rank and estimability, relative
MOST_LEVELS = 60  # of a category; more are names rather than categories

Level = str | float
Point = dict[str, Level]


@dataclass(frozen=True)
class Variable:
    """A variable of the formula: `levels` of a category, or of a number with two values."""

    name: str
    levels: tuple[Level, ...]
    mean: float  # of a number, over the ratings
    is_category: bool

    @property
    def grid(self) -> tuple[Level, ...]:
        """Where marginal means look: at all levels, or at a number's mean."""
        return self.levels or (self.mean,)


@dataclass(frozen=True)
class FixedDesign:
    """The fixed effects of some ratings; `X` has no intercept and full rank with one."""

    formula: Formula
    names: tuple[str, ...]  # of the columns of X
    X: Floats
    variables: Mapping[str, Variable]
    by_system: Mapping[str, Point]  # the factors that each system brings
    columns: Mapping[tuple[str, ...], tuple[int, ...]]  # of X, by term
    notes: tuple[str, ...]
    spec: ModelSpec
    kept: NDArray[np.intp]  # which of the formula's columns X has
    known: Floats  # projector on the combinations of the formula's columns that have an estimate
    seen: dict[tuple[tuple[str, Level], ...], Floats] = field(default_factory=dict, repr=False)

    def rows(self, points: Sequence[Point]) -> Floats:
        """All of the formula's columns at some points, intercept first."""
        frame = _categories(pd.DataFrame(list(points)), self.variables)
        return np.asarray(self.spec.get_model_matrix(frame), dtype=float)

    def rows_at(self, held: Mapping[str, Level]) -> Floats:
        """All of the formula's columns over the grid with some variables held."""
        key = tuple(sorted(held.items(), key=lambda entry: entry[0]))
        if key not in self.seen:
            self.seen[key] = self.rows(self.grid(held))
        return self.seen[key]

    def weights(self, combination: Floats) -> Floats | None:
        """Weights of X's columns from those of the formula's columns; None without estimate."""
        rest = combination - self.known @ combination
        if np.linalg.norm(rest) > TOLERANCE * max(1.0, float(np.linalg.norm(combination))):
            return None
        return combination[self.kept]

    def grid(self, held: Mapping[str, Level]) -> list[Point]:
        """All combinations of levels, numbers at their means, with some variables held.

        A system brings its own factors; where none is held, each factor varies on its own.
        """
        fixed = {**self.by_system.get(str(held.get("system", "")), {}), **held}
        fixed = {name: level for name, level in fixed.items() if name in self.variables}
        free = [v for v in self.variables.values() if v.name not in fixed]
        return [
            {**fixed, **dict(zip([v.name for v in free], levels, strict=True))}
            for levels in itertools.product(*(v.grid for v in free))
        ]


def fixed_design(
    ratings: pd.DataFrame, formula: Formula, systems: Sequence[str]
) -> tuple[FixedDesign | None, str]:
    """Code the fixed effects of ratings; None and the reason where that cannot be.

    Args:
        ratings: with a column for each variable, none missing.
        formula: what to code.
        systems: the levels of `system`, the reference first.
    """
    variables = {name: _variable(ratings, name, systems) for name in formula.variables}
    for variable in variables.values():
        if len(variable.levels) == 1:
            return None, f"One {variable.name}: it has no effect to estimate."
        if len(variable.levels) > MOST_LEVELS:
            return None, f"{variable.name} has {len(variable.levels)} levels, too many to compare."
    codes, first = _distinct(ratings, formula.variables)
    points = _categories(ratings.iloc[first][list(variables)].copy(), variables)
    matrix = Formulaic(formula.fixed).get_model_matrix(points)
    full = np.asarray(matrix, dtype=float)
    kept, dropped = _independent(full)
    columns = _columns(matrix.model_spec, kept)
    for term, mine in columns.items():
        if not mine:
            return None, f"{':'.join(term)} is determined by the rest of the formula; leave it out."
    names = [_name(str(column)) for column in matrix.columns]
    return FixedDesign(
        formula, tuple(names[k] for k in kept[1:]), full[:, kept[1:]][codes], variables,
        _factors(ratings, variables), columns,
        tuple(f"{names[k]} is not in the model: no rating tells it from the others."
              for k in dropped),
        matrix.model_spec, kept[1:], _projector(full),
    ), ""  # fmt: skip


def _variable(ratings: pd.DataFrame, name: str, systems: Sequence[str]) -> Variable:
    if name == "system":
        return Variable(name, tuple(systems), np.nan, True)
    values = ratings[name]
    levels = tuple(sorted(values.unique()))
    if not pd.api.types.is_numeric_dtype(values):
        return Variable(name, levels, np.nan, True)
    numbers = tuple(float(level) for level in levels) if len(levels) <= 2 else ()
    return Variable(name, numbers, float(values.mean()), False)


def _categories(frame: pd.DataFrame, variables: Mapping[str, Variable]) -> pd.DataFrame:
    for variable in variables.values():
        if variable.is_category:
            frame[variable.name] = pd.Categorical(frame[variable.name], list(variable.levels))
    return frame


def _distinct(ratings: pd.DataFrame, names: Sequence[str]) -> tuple[Codes, Codes]:
    """The combination of each rating, and a rating with each combination."""
    codes = np.asarray(ratings.groupby(list(names), sort=True).ngroup(), dtype=np.intp)
    _, first = np.unique(codes, return_index=True)
    return codes, first


def _independent(full: Floats) -> tuple[NDArray[np.intp], list[int]]:
    """The columns that those before them do not make up, and the others."""
    kept: list[int] = []
    basis = np.zeros((len(full), 0))
    for k in range(full.shape[1]):
        column = full[:, k]
        rest = column - basis @ (basis.T @ column)
        rest -= basis @ (basis.T @ rest)
        if np.linalg.norm(rest) > TOLERANCE * np.linalg.norm(column):
            kept.append(k)
            basis = np.column_stack([basis, rest / np.linalg.norm(rest)])
    return np.array(kept, dtype=np.intp), [k for k in range(full.shape[1]) if k not in kept]


def _projector(full: Floats) -> Floats:
    """On the row space, where a combination has one value whatever solution is taken."""
    _, sizes, rows = np.linalg.svd(full, full_matrices=False)
    rows = rows[sizes > TOLERANCE * sizes[0]]
    return np.asarray(rows.T @ rows)


def _columns(spec: ModelSpec, kept: NDArray[np.intp]) -> dict[tuple[str, ...], tuple[int, ...]]:
    """Where the columns of each term lie in X."""
    found = {}
    for term, part in spec.term_slices.items():
        if str(term) != "1":
            names = tuple(re.sub(r"^C\((\w+)\)$", r"\1", str(name)) for name in term.factors)
            inside = (kept >= part.start) & (kept < part.stop)
            found[names] = tuple(int(k) - 1 for k in np.flatnonzero(inside))
    return found


def _factors(ratings: pd.DataFrame, variables: Mapping[str, Variable]) -> dict[str, Point]:
    """The variables that have one value for each system, by system."""
    others = [name for name in variables if name != "system"]
    by_system = ratings.groupby("system")
    fixed = [name for name in others if (by_system[name].nunique() == 1).all()]
    first = ratings.drop_duplicates("system")
    values = first[fixed].to_dict("records")
    return {
        str(system): {str(name): value for name, value in row.items()}
        for system, row in zip(first["system"], values, strict=True)
    }


def level_text(level: Level) -> str:
    """A level as it is shown: `2`, not `2.0`."""
    return level if isinstance(level, str) else f"{float(level):g}"


def _name(column: str) -> str:
    """`system[T.a]:C(z)[T.1]` as `system[a]:z[1]`."""
    return re.sub(r"C\((\w+)\)(?=\[)", r"\1", column).replace("[T.", "[")
