"""The tables of a run's page: leaderboard of a task, scores of an item, failed rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import quote

import pandas as pd

from earwitness.stimuli.schema import SET_ITEM

from .leaderboard import best

ROLE_ORDER = ("model", "baseline", "anchor", "reference")
RANKED = ("model", "baseline")
MAX_FAILURES = 200


@dataclass(frozen=True)
class Cell:
    """One system under one metric; texts are ready to be shown, empty where there is nothing."""

    mean: str = ""
    interval: str = ""
    difference: str = ""
    verdict: str = ""
    chance: str = ""
    n: int = 0
    failed: int = 0
    is_best: bool = False


@dataclass(frozen=True)
class Line:
    """One system of the leaderboard; `cells` follow the board's metrics."""

    system: str
    role: str
    cells: list[Cell]


@dataclass(frozen=True)
class Board:
    """A task's leaderboard: a line for each system, with a cell for each metric.

    `sizes` tells how much a metric of whole sets is over.
    """

    metrics: list[str]
    units: dict[str, str]
    directions: dict[str, str]
    lines: list[Line]
    sizes: dict[str, str]

    @property
    def item_metrics(self) -> list[str]:
        """Those that have values of items."""
        return [metric for metric in self.metrics if metric not in self.sizes]


@dataclass(frozen=True)
class Take:
    """One system's rendering of an item: its sound and its values (metric → text)."""

    system: str
    role: str
    audio: str
    values: dict[str, str]
    reasons: dict[str, str]


@dataclass(frozen=True)
class ItemTable:
    """All renderings of an item."""

    item: str
    dataset: str
    takes: list[Take]


@dataclass(frozen=True)
class Failure:
    """Rows that failed for one reason."""

    system: str
    reason: str
    metrics: str
    items: str
    rows: int


def number(value: float, unit: str, *, signed: bool = False) -> str:
    """A value as text: two decimals in LU, dB or MOS, three without a unit; a true minus."""
    digits = 2 if unit else 3
    rounded = round(float(value), digits) + 0.0  # no negative zero
    return f"{rounded:{'+' if signed else ''}.{digits}f}".replace("-", "−")


def board(scores: pd.DataFrame, standings: pd.DataFrame) -> Board:
    """The leaderboard of one task's scores: models and baselines first, then the marked ones."""
    applicable = scores[scores["status"] != "not_applicable"]
    facts = applicable.drop_duplicates("metric").set_index("metric")[["unit", "direction"]]
    units, directions = (
        {str(metric): value for metric, value in facts[name].fillna("").items()}
        for name in ("unit", "direction")
    )
    failed = Counter(_keys(scores[scores["status"] == "failed"]))
    roles = scores.drop_duplicates("system")
    systems = sorted(zip(roles["system"], roles["role"], strict=True), key=_by_role)
    cells = {
        key: _cell(row, units[key[1]])
        for key, row in zip(_keys(standings), standings.itertuples(), strict=True)
        if key[1] in units
    }
    winners = best(standings, scores)
    lines = []
    for system, role in systems:
        keys = [(system, metric) for metric in units]
        row = [
            replace(cells.get(key, Cell()), failed=failed[key], is_best=key in winners)
            for key in keys
        ]
        lines.append(Line(system, role, row))
    return Board(list(units), units, directions, lines, _sizes(applicable))


def _sizes(scores: pd.DataFrame) -> dict[str, str]:
    """What each metric of whole sets is over, in words."""
    sets = scores[scores["item"] == SET_ITEM]
    return {str(metric): _size(frame) for metric, frame in sets.groupby("metric", sort=False)}


def _size(rows: pd.DataFrame) -> str:
    def span(column: str) -> str:
        known = rows[column].dropna().astype(int)
        low, high = known.min(), known.max()
        return f"{low:,}" if low == high else f"{low:,}–{high:,}"

    if rows["embeddings"].isna().all():
        return f"over {span('items')} items"
    return (
        f"over {span('items')} items: {span('embeddings')} embeddings of {span('dimensions')} "
        f"dimensions (rank {span('rank')})"
    )


def _keys(rows: pd.DataFrame) -> list[tuple[str, str]]:
    return list(zip(rows["system"], rows["metric"], strict=True))


def _by_role(named: tuple[str, str]) -> int:
    return ROLE_ORDER.index(named[1])


def _cell(row: object, unit: str) -> Cell:
    def text(name: str, *, signed: bool = False) -> str:
        value = getattr(row, name)
        return "" if pd.isna(value) else number(value, unit, signed=signed)

    low, high = text("ci_low"), text("ci_high")
    difference = text("difference", signed=True)
    d_low, d_high = text("difference_ci_low", signed=True), text("difference_ci_high", signed=True)
    return Cell(
        mean=text("mean"),
        interval=f"{low} to {high}" if low and high else "",
        difference=f"{difference} ({d_low} to {d_high})" if d_low and d_high else difference,
        verdict=str(row.verdict),  # type: ignore[attr-defined]
        chance=text("chance"),
        n=int(row.n),  # type: ignore[attr-defined]
    )


def item_tables(
    run: Path, scores: pd.DataFrame, metrics: Sequence[str], items: Sequence[str]
) -> list[ItemTable]:
    """Each of the items with a player and the values of every system."""
    single = scores[scores["item"].isin(list(items))]
    return [
        ItemTable(str(item), str(frame["dataset"].iloc[0]), _takes(run, str(item), frame, metrics))
        for item, frame in single.groupby("item", sort=False)
    ]


def _takes(run: Path, item: str, scores: pd.DataFrame, metrics: Sequence[str]) -> list[Take]:
    takes = []
    for _, frame in scores[scores["metric"].isin(list(metrics))].groupby("system", sort=False):
        system, role = str(frame["system"].iloc[0]), str(frame["role"].iloc[0])
        path = Path("audio") / system / f"{item}.wav"
        good = frame[frame["status"] == "ok"]
        failed = frame[frame["status"] == "failed"]
        takes.append(
            Take(
                system=system,
                role=role,
                audio=quote(path.as_posix()) if (run / path).is_file() else "",
                values={
                    metric: number(value, unit or "")
                    for metric, value, unit in zip(
                        good["metric"], good["value"], good["unit"], strict=True
                    )
                },
                reasons=dict(zip(failed["metric"], failed["reason"], strict=True)),
            )
        )
    return sorted(takes, key=lambda take: ROLE_ORDER.index(take.role))


def failures(scores: pd.DataFrame) -> list[Failure]:
    """The failed rows, put together by system and reason."""
    failed = scores[scores["status"] == "failed"]
    grouped = failed.groupby(["system", "reason"], sort=False)
    return [
        Failure(
            str(system),
            str(reason),
            ", ".join(frame["metric"].unique()),
            ", ".join(frame["item"].unique()),
            len(frame),
        )
        for (system, reason), frame in list(grouped)[:MAX_FAILURES]
    ]
