"""Rating tables from elsewhere: columns under other names, webMUSHRA's results, Qualtrics exports.

webMUSHRA writes what its participants typed (names, addresses) into every row, and a Qualtrics
export holds network addresses: participants become p001, p002, … in order of appearance, and no
other personal column is taken over.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from earwitness.stimuli.errors import ConfigError, DataError
from earwitness.stimuli.schema import RATINGS_NEEDED

ONE_SCALE = "rating"  # the scale's name where a table has one scale and does not name it
_FIELDS = ("item", "system", "scale")
_TRUTH = {"true": 1.0, "false": 0.0}


@dataclass(frozen=True)
class Imported:
    """Ratings with our columns; roles and sessions where the source tells them."""

    ratings: pd.DataFrame
    systems: pd.DataFrame | None = None
    sessions: pd.DataFrame | None = None


def from_columns(path: Path, names: Mapping[str, str]) -> Imported:
    """A CSV or Parquet table whose columns have other names.

    Without a column for the scale, all ratings are on one. True and false count as 1 and 0.

    Args:
        path: the table.
        names: ours → theirs; what is not named keeps its name.

    Raises:
        DataError: the table cannot be read, or lacks a column.
    """
    frame = _read(path)
    for ours, theirs in names.items():
        if theirs not in frame:
            raise DataError(
                f"{path}: no column {theirs!r} for {ours}; columns: {', '.join(frame.columns)}"
            )
    # A column of ours that another one stands in for would be in the way.
    frame = frame.drop(columns=[o for o in names if o in frame and o not in names.values()])
    found = frame.rename(columns={theirs: ours for ours, theirs in names.items()})
    if "scale" not in found:
        found["scale"] = ONE_SCALE
    missing = [name for name in RATINGS_NEEDED if name not in found]
    if missing:
        raise DataError(
            f"{path}: no column for {', '.join(missing)}; name it with --columns "
            f"{missing[0]}=COLUMN; columns: {', '.join(frame.columns)}"
        )
    lower = found["value"].astype("string").str.strip().str.lower()
    found["value"] = found["value"].where(~lower.isin(_TRUTH), lower.map(_TRUTH))
    return Imported(found)


def from_matrix(path: Path) -> Imported:
    """A table of numbers alone, as tools for ITU-T P.910 read it: stimulus × participant.

    Stimuli become the items of one system, `all`, as the table does not tell systems. Empty and
    `nan` are missing.

    Raises:
        DataError: not such a table.
    """
    table = _read(path, header=None)
    if len(table.columns) < 2:
        raise DataError(f"{path}: a matrix has a column per participant, separated by commas")
    stimuli = [f"s{k:03d}" for k in range(1, len(table) + 1)]
    people = [f"p{k:03d}" for k in range(1, len(table.columns) + 1)]
    table = table.set_axis(people, axis=1).assign(item=stimuli)
    ratings = table.melt("item", var_name="participant", value_name="value")
    return Imported(ratings.assign(system="all", scale=ONE_SCALE))


# Columns of webMUSHRA's files: stimulus and score of a MUSHRA page, and of Likert pages.
_WEBMUSHRA = {"rating_stimulus": "rating_score", "stimuli": "stimuli_rating"}
_WEBMUSHRA_OWN = {"session_test_id", "session_uuid", "trial_id", "rating_time", "rating_comment",
                  *_WEBMUSHRA, *_WEBMUSHRA.values()}  # fmt: skip


def from_webmushra(path: Path) -> Imported:
    """`mushra.csv`, `lms.csv` or `lss.csv` as webMUSHRA and pymushra write them.

    The stimulus `reference` becomes the hidden reference, `anchor35` and `anchor70` the anchors.

    Raises:
        DataError: not such a file, or its participants cannot be told apart.
    """
    frame = _read(path)
    stimulus = next((name for name in _WEBMUSHRA if name in frame), "")
    if not stimulus or "trial_id" not in frame or _WEBMUSHRA[stimulus] not in frame:
        raise DataError(
            f"{path}: not a table of webMUSHRA: it needs trial_id, rating_stimulus and "
            "rating_score (or stimuli and stimuli_rating)"
        )
    typed = [name for name in frame if name not in _WEBMUSHRA_OWN]
    keys = ["session_uuid"] if "session_uuid" in frame else typed
    if not keys:
        raise DataError(
            f"{path}: no column tells the participants apart (session_uuid, or what they typed)"
        )
    ratings = pd.DataFrame(
        {
            "participant": _pseudonyms(
                frame[keys].astype("string").fillna("").agg("|".join, axis=1)
            ),
            "item": frame["trial_id"],
            "system": frame[stimulus],
            "scale": "quality" if stimulus == "rating_stimulus" else ONE_SCALE,
            "value": frame[_WEBMUSHRA[stimulus]].astype("string").str.strip(),
        }
    )
    names = sorted(ratings["system"].dropna().astype(str).unique())
    systems = pd.DataFrame({"system": names, "role": [_webmushra_role(name) for name in names]})
    return Imported(ratings, systems)


def _webmushra_role(stimulus: str) -> str:
    if stimulus == "reference":
        return "reference"
    return "anchor" if re.fullmatch(r"anchor\d+", stimulus) else "model"


def from_qualtrics(path: Path, pattern: str, labels: Sequence[str] = ()) -> Imported:
    """A survey export of Qualtrics: a row per respondent, two header rows (names, questions).

    The row of import ids that newer exports add is left out, previews too; who did not finish is
    a session that was started.

    Args:
        path: the CSV file.
        pattern: of the columns with ratings, as `{item}_{system}_{scale}`; it is held against a
            column's name, then its question. Without `{scale}`, all ratings are on one scale.
        labels: of the answers, lowest first, where the file holds words; they become 1..n.

    Raises:
        ConfigError: the pattern lacks `{item}` or `{system}`.
        DataError: the file has no header rows, no column fits, or an answer is unknown.
    """
    matcher = _matcher(pattern)
    table = _read(path, header=None).fillna("").astype(str)
    if len(table) < 3:
        raise DataError(f"{path}: a Qualtrics export has two header rows and at least one response")
    names, questions, body = table.iloc[0], table.iloc[1], table.iloc[2:]
    body = body[~body[0].str.contains("ImportId", regex=False)]
    body = body[~_column(body, names, "Status").isin(["Survey Preview", "1"])]
    who = _pseudonyms(_column(body, names, "ResponseId", "ResponseID", "Response ID", "V1"))
    if who.eq("").any() or body.empty:
        raise DataError(f"{path}: no response, or no column ResponseId")
    parts = []
    for column in table.columns:
        match = matcher.fullmatch(names[column]) or matcher.fullmatch(questions[column])
        if match:
            found = {"scale": ONE_SCALE} | match.groupdict()
            parts.append(
                pd.DataFrame({"participant": who, **found, "value": body[column].str.strip()})
            )
    if not parts:
        raise DataError(
            f"{path}: no column fits {pattern!r}; columns: {', '.join(names[names != ''])}"
        )
    ratings = pd.concat(parts, ignore_index=True)
    ratings["value"] = _from_labels(ratings["value"], labels, path)
    finished = _column(body, names, "Finished", "V10").str.lower().isin(["true", "1"])
    sessions = pd.DataFrame(
        {"participant": who, "status": finished.map({True: "completed", False: "started"})}
    )
    has_status = bool(names.isin(["Finished", "V10"]).any())
    return Imported(ratings, sessions=sessions if has_status else None)


def _matcher(pattern: str) -> re.Pattern[str]:
    if any(f"{{{field}}}" not in pattern for field in ("item", "system")):
        raise ConfigError(
            f"--pattern {pattern!r} must hold {{item}} and {{system}}, for example "
            '"{item}_{system}_{scale}"'
        )
    text = re.escape(pattern)
    for field in _FIELDS:
        text = text.replace(re.escape(f"{{{field}}}"), f"(?P<{field}>.+?)", 1)
    return re.compile(text)


def _column(body: pd.DataFrame, names: pd.Series, *known: str) -> pd.Series:
    """The first column with one of these names; empty text where there is none."""
    for name in known:
        if (names == name).any():
            return pd.Series(body[names.index[names == name][0]].str.strip())
    return pd.Series("", index=body.index)


def _from_labels(values: pd.Series, labels: Sequence[str], path: Path) -> pd.Series:
    """Answers in words as 1..n; without labels as they are."""
    if not labels:
        return values
    places = {label.strip().casefold(): k for k, label in enumerate(labels, start=1)}
    folded = values.str.casefold()
    unknown = values[~folded.isin([*places, ""])]
    if not unknown.empty:
        raise DataError(
            f"{path}: the answer {unknown.iloc[0]!r} is not among the labels {', '.join(labels)}"
        )
    return folded.map(places).astype("Float64")


def _pseudonyms(who: pd.Series) -> pd.Series:
    """p001, p002, … in order of appearance; empty stays empty."""
    codes = pd.Series(pd.factorize(who)[0] + 1, index=who.index)
    return codes.map("p{:03d}".format).where(who.ne(""), "")


def _read(path: Path, header: int | None = 0) -> pd.DataFrame:
    try:
        if path.suffix == ".parquet":
            return pd.read_parquet(path)
        return pd.read_csv(
            path, dtype="string", header=header, keep_default_na=False, na_values=[""],
            encoding="utf-8-sig",
        )  # fmt: skip
    except FileNotFoundError:
        raise DataError(f"{path}: no such ratings table") from None
    except (OSError, ValueError, ImportError) as error:
        raise DataError(f"{path}: cannot be read as a ratings table ({error})") from error
