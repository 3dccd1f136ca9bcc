"""The variables of a formula beside each rating: from the ratings, or the tables beside them."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from earwitness.stimuli.errors import DataError
from earwitness.stimuli.formula import Formula, refuse_unknown

# Where a name is looked for, in this order, and what a row of the table is about.
KEYS = {"participants": "participant", "sessions": "session", "systems": "system", "items": "item"}
_NOT_VARIABLES = frozenset(
    {"value", "declined", "excluded", "exclusion_rule", "is_training", "scale", "answered_at"}
)


def attach(
    ratings: pd.DataFrame, formula: Formula, tables: Mapping[str, pd.DataFrame | None]
) -> pd.DataFrame:
    """The ratings with a column for each variable: numbers as floats, all else as text.

    Args:
        ratings: with participant, item, system and the further columns of the rating table.
        formula: whose variables are wanted.
        tables: by name (`KEYS`); None or absent where there is no such table.

    Raises:
        ConfigError: a variable that no table has.
        DataError: a table says two things about one participant, session, system or item.
    """
    known = set(ratings.columns) - _NOT_VARIABLES | ({"position"} if "trial" in ratings else set())
    for table in tables.values():
        known |= set() if table is None else {str(name) for name in table.columns}
    refuse_unknown(formula, known - {"participant", "item", "session"}, "the tables")
    found = {
        name: _typed(_column(name, ratings, tables), name in formula.categories)
        for name in formula.variables
        if name != "system"
    }
    return ratings.assign(**found)


def _column(
    name: str, ratings: pd.DataFrame, tables: Mapping[str, pd.DataFrame | None]
) -> pd.Series:
    if name in ratings:
        return ratings[name]
    if name == "position" and "trial" in ratings:
        return ratings["trial"]
    for title, key in KEYS.items():
        table = tables.get(title)
        if table is None or name not in table:
            continue
        if title == "sessions" and (key not in table or not ratings[key].ne("").all()):
            key = "participant"
        return ratings[key].astype(str).map(_by_key(table, key, name, title))
    raise AssertionError(name)  # pragma: no cover - refused before


def _by_key(table: pd.DataFrame, key: str, name: str, title: str) -> pd.Series:
    """The value of each key, which must be one."""
    pairs = table[[key, name]].astype({key: str}).dropna().drop_duplicates()
    twice = pairs[key].duplicated()
    if twice.any():
        raise DataError(
            f"the {title} table gives {key} {pairs.loc[twice, key].iloc[0]!r} more than one {name}"
        )
    return pairs.set_index(key)[name]


def _typed(values: pd.Series, is_category: bool) -> pd.Series:
    """Floats where all are numbers; else text, missing where empty."""
    text = values.astype("string").str.strip()
    text = text.where(text != "")
    numbers = pd.to_numeric(text, errors="coerce")
    if not is_category and not (numbers.isna() & text.notna()).any() and numbers.notna().any():
        return numbers.astype(float)
    return text.str.lower().astype(object) if _is_boolean(text) else text.astype(object)


def _is_boolean(text: pd.Series) -> bool:
    """True and False are written in many ways; they are two levels, `false` and `true`."""
    return text.notna().any().item() and set(text.dropna().str.lower()) <= {"true", "false"}
