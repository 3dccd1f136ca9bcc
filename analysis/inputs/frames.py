"""Read the tables of a report and check them: ratings, sessions, systems, scores."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from earwitness.stimuli.errors import DataError
from earwitness.stimuli.schema import RATINGS_NEEDED, SET_ITEM, require

SCORES_NEEDED = ("system", "item", "metric", "value")
_FLAGS = ("declined", "is_training", "is_simulated", "excluded", "is_repeat")
_TRUE = frozenset({"true", "1", "yes", "1.0"})
_MISSING = frozenset({"", "na", "n/a", "nan", "<na>", "none", "null"})
_FALSE = frozenset({"false", "0", "no", "0.0"}) | _MISSING


@dataclass(frozen=True)
class Source:
    """A table and the SHA-256 of the bytes that it came from."""

    frame: pd.DataFrame
    digest: str
    name: str


def read_table(table: Path | str | pd.DataFrame, name: str) -> Source:
    """Read a CSV or Parquet file, or take a frame.

    Raises:
        DataError: there is no such file, or it cannot be read as a table.
    """
    if isinstance(table, pd.DataFrame):
        content = table.to_csv(index=False).encode()
        return Source(table.reset_index(drop=True), hashlib.sha256(content).hexdigest(), name)
    path = Path(table)
    try:
        content = path.read_bytes()
        frame = pd.read_parquet(path) if path.suffix == ".parquet" else _read_csv(path)
    except FileNotFoundError:
        raise DataError(f"{path}: no such {name} table") from None
    except (OSError, ValueError, ImportError) as error:
        raise DataError(f"{path}: cannot be read as a {name} table ({error})") from error
    return Source(frame, hashlib.sha256(content).hexdigest(), str(path))


def _read_csv(path: Path) -> pd.DataFrame:
    names = ("study", "session", "participant", "slot", "page", "item", "system", "role", "scale",
             "page_type", "answer", "target", "versus")  # fmt: skip
    # Only an empty cell is missing: "NA" may be initials and "null" a system.
    return pd.read_csv(
        path, dtype=dict.fromkeys(names, "string"), keep_default_na=False, na_values=[""]
    )


def rating_table(source: Source) -> pd.DataFrame:
    """One row per rating, typed: names are text, `value` a float, flags true or false.

    Columns that the table lacks are added as "no"; the others stay as they are.

    Raises:
        DataError: a needed column is missing, a name is empty, or a value is not a number.
    """
    require(source.frame, RATINGS_NEEDED, source.name)
    frame = source.frame.copy()
    for name in ("participant", "item", "system", "scale"):
        empty = frame[name].isna()
        if empty.any():
            raise DataError(f"{source.name}: row {_row(empty)}: `{name}` is empty")
        frame[name] = frame[name].astype(str)
    frame["value"] = _numbers(frame["value"], source.name)
    for flag in _FLAGS:
        frame[flag] = _booleans(frame[flag], flag, source.name) if flag in frame else False
    for text in ("exclusion_rule", "role", "session", "answered_at"):
        frame[text] = frame[text].astype("string").fillna("") if text in frame else ""
    return frame


def _numbers(values: pd.Series, where: str) -> pd.Series:
    """Floats; empty stays missing, text and infinities are refused."""
    numbers = pd.to_numeric(values, errors="coerce").astype(float)
    text = values.astype("string").str.strip().fillna("")
    bad = (numbers.isna() & ~text.str.lower().isin(_MISSING)) | np.isinf(numbers)
    if bad.any():
        raise DataError(
            f"{where}: row {_row(bad)}: `value` is {text[bad].iloc[0]!r}; it must be a number or "
            "empty"
        )
    return numbers


def _booleans(values: pd.Series, name: str, where: str) -> pd.Series:
    text = values.astype("string").str.strip().str.lower().fillna("")
    bad = ~text.isin(_TRUE | _FALSE)
    if bad.any():
        raise DataError(
            f"{where}: row {_row(bad)}: `{name}` is {text[bad].iloc[0]!r}; it must be true or false"
        )
    return text.isin(_TRUE).astype(bool)


def _row(mask: pd.Series) -> int:
    """The line of the first hit in a file with one header line."""
    return int(np.argmax(mask.to_numpy(dtype=bool))) + 2


def score_table(source: Source) -> pd.DataFrame:
    """The scores of single items; a score without a value keeps its status and reason.

    Raises:
        DataError: a needed column is missing, or a value is not a number.
    """
    require(source.frame, SCORES_NEEDED, source.name)
    frame = source.frame.copy()
    frame["value"] = _numbers(frame["value"], source.name)
    for text in ("unit", "direction", "status", "reason"):
        frame[text] = frame[text].astype("string").fillna("") if text in frame else ""
    frame["value"] = frame["value"].where(frame["status"].isin(["", "ok"]))
    for name in ("system", "item", "metric"):
        frame[name] = frame[name].astype(str)
    columns = ["system", "item", "metric", "value", "unit", "direction", "status", "reason"]
    return frame.loc[frame["item"] != SET_ITEM, columns].reset_index(drop=True)
