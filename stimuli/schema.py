"""The tables that the packages exchange: every column with its type, unit and meaning.

This is the one definition. Writers order and type their frames with `conform`, readers check
theirs with `require`, and the documentation and `datapackage.json` are generated from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pandas as pd

from .errors import DataError

Kind = Literal["string", "number", "integer", "boolean", "datetime"]
Role = Literal["model", "baseline", "anchor", "reference"]
Direction = Literal["higher", "lower", ""]
Status = Literal["ok", "failed", "not_applicable"]

SET_ITEM = "*"  # the `item` of a score that belongs to a whole set of items

_DTYPES: dict[Kind, str] = {
    "string": "string",
    "number": "Float64",
    "integer": "Int64",
    "boolean": "boolean",
    "datetime": "string",  # ISO 8601 UTC text: equal in CSV, Parquet and JSON
}


@dataclass(frozen=True)
class Column:
    """One column: `kind` is its type, `meaning` a sentence with the unit."""

    name: str
    kind: Kind
    meaning: str


@dataclass(frozen=True)
class Table:
    """A table contract: its name, what one row is, and its columns in order."""

    name: str
    row: str
    columns: tuple[Column, ...]
    extra_columns: bool = False

    @property
    def names(self) -> list[str]:
        return [column.name for column in self.columns]


SCORES = Table(
    "scores",
    "one metric of one system on one item",
    (
        Column("system", "string", "System name."),
        Column("role", "string", "model, baseline, anchor or reference."),
        Column("task", "string", "mix, speech or style."),
        Column("dataset", "string", "Dataset name."),
        Column("item", "string", "Item id; * for a score of the whole set."),
        Column("metric", "string", "Metric id."),
        Column("value", "number", "The score in `unit`; empty unless `status` is ok."),
        Column("unit", "string", "Unit of `value`; empty for a ratio without one."),
        Column("direction", "string", "higher or lower is better; empty for a descriptor."),
        Column("status", "string", "ok, failed or not_applicable."),
        Column("reason", "string", "Why there is no value; empty when ok."),
        Column("seconds", "number", "Computing time of this row, s."),
        Column("items", "integer", "Size of the set; empty for a score of one item, as all below."),
        Column("embeddings", "integer", "Vectors of the set's estimates; as many of references."),
        Column("dimensions", "integer", "Of these vectors."),
        Column("rank", "integer", "Dimensions that both sets of vectors span."),
        Column("ci_low", "number", "Lower 95 % bound of a set's value (delete-a-group jackknife)."),
        Column("ci_high", "number", "Upper 95 % bound of a set's value."),
    ),
)

LEADERBOARD = Table(
    "leaderboard",
    "one metric of one system over its items",
    (
        Column("system", "string", "System name."),
        Column("metric", "string", "Metric id."),
        Column("n", "integer", "Number of items with a value."),
        Column("mean", "number", "Mean over the items."),
        Column("ci_low", "number", "Lower 95 % bound of the mean (BCa, clustered by group)."),
        Column("ci_high", "number", "Upper 95 % bound of the mean."),
        Column("baseline", "string", "The system that the difference is against."),
        Column("difference", "number", "Mean paired difference, system − baseline."),
        Column("difference_ci_low", "number", "Lower 95 % bound of the difference."),
        Column("difference_ci_high", "number", "Upper 95 % bound of the difference."),
        Column("p", "number", "Exact sign-flip permutation p over groups."),
        Column("p_adjusted", "number", "Holm over the models and baselines within the metric."),
        Column("verdict", "string", "The finding in words."),
        Column("groups", "integer", "Number of independent groups with a value."),
        Column("smallest_p", "number", "The smallest p that so many groups can give."),
        Column(
            "against_best",
            "string",
            "`best`, or what a paired test (Holm within the metric) says against the best.",
        ),
        Column("chance", "number", "Mean of the metric over renderings paired with wrong items."),
    ),
)

RATINGS = Table(
    "ratings",
    "one answer on one scale about one stimulus",
    (
        Column("study", "string", "Study id."),
        Column("session", "string", "Session id (random)."),
        Column("participant", "string", "Participant id (random)."),
        Column("trial", "integer", "Position of the trial in this session, from 1."),
        Column("slot", "string", "Letter that the participant saw for the stimulus."),
        Column("page", "string", "Page id in the study file."),
        Column("item", "string", "Item id."),
        Column("system", "string", "System name."),
        Column("role", "string", "model, baseline, anchor, reference or training."),
        Column("scale", "string", "Scale id."),
        Column(
            "value",
            "number",
            "Categories: 1..n, lowest label first; sliders: 0..100; comparisons and right answers: "
            "see docs/page-types.md; empty when declined.",
        ),
        Column("declined", "boolean", "The participant chose not to answer."),
        Column("presented_at", "datetime", "When the page was first served, ISO 8601 UTC."),
        Column("answered_at", "datetime", "When the server stored the answer, ISO 8601 UTC."),
        Column("listened_s", "number", "Time this stimulus was audible on the page so far, s."),
        Column("plays", "integer", "How often it was started or switched to so far."),
        Column("is_training", "boolean", "From a training page; never analysed."),
        Column("is_repeat", "boolean", "A repeated presentation."),
        Column("is_simulated", "boolean", "From a simulated listener."),
        Column("excluded", "boolean", "Excluded by what the session itself decided."),
        Column("exclusion_rule", "string", "The rule that excluded it; else empty."),
        Column("page_type", "string", "Type of the page: rating, mushra, ab, abx, words, ..."),
        Column("answer", "string", "What was answered, where that is no number."),
        Column("target", "string", "The right answer, where there is one."),
        Column("versus", "string", "The system that it was compared with, in pairs and ABX."),
    ),
)

# What a rating table from elsewhere needs (DESIGN §4).
RATINGS_NEEDED = ("participant", "item", "system", "scale", "value")

SESSIONS = Table(
    "sessions",
    "one participant's run through a study; the questionnaire's answers follow as columns",
    (
        Column("study", "string", "Study id."),
        Column("session", "string", "Session id."),
        Column("participant", "string", "Participant id."),
        Column("status", "string", "started, completed or withdrawn."),
        Column("is_simulated", "boolean", "A simulated listener's session."),
        Column("started_at", "datetime", "ISO 8601 UTC."),
        Column("finished_at", "datetime", "ISO 8601 UTC; empty while started."),
        Column("consent_version", "string", "Version of the consent text that was agreed to."),
        Column("consent_sha256", "string", "SHA-256 of that text."),
        Column("language", "string", "Interface language."),
        Column("seed", "integer", "Seed of the order of items and versions."),
    ),
    extra_columns=True,
)

PARTICIPANTS = Table(
    "participants",
    "one participant",
    (
        Column("participant", "string", "Participant id."),
        Column("group", "string", "Design group; empty without groups."),
    ),
    extra_columns=True,
)

SYSTEMS = Table(
    "systems",
    "one system of the study; its factors follow as columns",
    (
        Column("system", "string", "System name."),
        Column("role", "string", "model, baseline, anchor or reference."),
    ),
    extra_columns=True,
)

EVENTS = Table(
    "events",
    "one thing that happened in a session",
    (
        Column("study", "string", "Study id."),
        Column("session", "string", "Session id."),
        Column("event", "string", "Id that the client or the server gave the event."),
        Column("kind", "string", "What happened: play, switch, stop, rating, page, ..."),
        Column("trial", "integer", "Trial position; empty outside trials."),
        Column("slot", "string", "Letter of the stimulus; empty where none is meant."),
        Column("scale", "string", "Scale id of a rating."),
        Column("value", "number", "What the kind says it is."),
        Column("client_at", "datetime", "The browser's clock, ISO 8601 UTC."),
        Column("stored_at", "datetime", "The server's clock, ISO 8601 UTC."),
        Column("answer", "string", "Answer of a rating, where that is no number."),
    ),
)

TABLES = (SCORES, LEADERBOARD, RATINGS, SESSIONS, PARTICIPANTS, SYSTEMS, EVENTS)


def conform(frame: pd.DataFrame, table: Table) -> pd.DataFrame:
    """`frame` with the table's columns in order and in its types (missing columns empty).

    Raises:
        DataError: a column that the table does not know, or a value of the wrong type.
    """
    extra = [name for name in frame.columns if name not in table.names]
    if extra and not table.extra_columns:
        raise DataError(f"{table.name}: unknown column(s) {', '.join(map(str, extra))}")
    typed = {}
    for column in table.columns:
        values = frame.get(column.name, pd.Series(pd.NA, index=frame.index))
        try:
            typed[column.name] = values.astype(_DTYPES[column.kind])  # type: ignore[call-overload]
        except (TypeError, ValueError) as error:
            raise DataError(f"{table.name}.{column.name}: {error}") from error
    return pd.DataFrame({**typed, **{name: frame[name] for name in extra}}, index=frame.index)


def require(frame: pd.DataFrame, columns: tuple[str, ...], where: str) -> None:
    """Refuse a table that lacks a column.

    Raises:
        DataError: names the table, the missing columns and those that it has.
    """
    missing = [name for name in columns if name not in frame.columns]
    if missing:
        raise DataError(
            f"{where}: column(s) {', '.join(missing)} missing; it has {', '.join(frame.columns)}"
        )
