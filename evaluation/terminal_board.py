"""The leaderboard in the terminal: a row for each metric, a column for each system."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
from rich import box
from rich.table import Table
from rich.text import Text

from .leaderboard import best

OUTSIDE = ("reference", "anchor")
_ARROWS = {"higher": " ↑", "lower": " ↓"}
_MIN_COLUMN_CHARACTERS = 7  # "*-12.3"
_PADDING = 2  # of a cell, with its border


def leaderboard_tables(scores: pd.DataFrame, board: pd.DataFrame, width: int) -> list[Table]:
    """Means of each system, the best marked, failures counted.

    Args:
        scores: table `SCORES`.
        board: table `LEADERBOARD`.
        width: of the terminal, in characters; systems that do not fit go into a further table.
    """
    cells = _cells(board, best(board, scores))
    return [
        _task_table(str(task), frame, metrics, systems, cells)
        for task, frame in scores.groupby("task", sort=False)
        for metrics in [_metrics(frame)]
        for systems in _fitting(
            _systems(frame), cells, width - max(map(len, metrics.values())) - _PADDING - 1
        )
    ]


def _cells(board: pd.DataFrame, winners: set[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """The shown mean of each (system, metric)."""
    rows = zip(board["system"], board["metric"], board["mean"], board["chance"], strict=True)
    known = {(one[0], one[1]): (one[2], one[3]) for one in rows if not pd.isna(one[2])}
    return {
        key: (f"[bold green]*{mean:.3g}[/]" if key in winners else f"{mean:.3g}")
        + ("" if pd.isna(chance) else f" [dim]({chance:.2g})[/]")
        for key, (mean, chance) in known.items()
    }


def _metrics(scores: pd.DataFrame) -> dict[str, str]:
    """The metrics that apply to a task, with an arrow towards better; descriptors last."""
    rows = scores[scores["status"] != "not_applicable"].drop_duplicates("metric")
    named = list(zip(rows["metric"], rows["direction"], strict=True))
    named.sort(key=lambda one: one[1] not in _ARROWS)
    return {metric: f"{metric}{_ARROWS.get(direction, '')}" for metric, direction in named}


def _systems(scores: pd.DataFrame) -> dict[str, str]:
    """Each system with its role below."""
    rows = scores.drop_duplicates("system")
    return dict(zip(rows["system"], rows["role"], strict=True))


def _fitting(
    systems: Mapping[str, str], cells: Mapping[tuple[str, str], str], room: int
) -> list[dict[str, str]]:
    """The columns in as many tables as the room asks for."""
    tables: list[dict[str, str]] = [{}]
    left = room
    for system, role in systems.items():
        own = (Text.from_markup(cell).cell_len for key, cell in cells.items() if key[0] == system)
        width = max(_MIN_COLUMN_CHARACTERS, len(system), len(role), *own) + _PADDING
        if width > left and tables[-1]:
            tables.append({})
            left = room
        tables[-1][system] = role
        left -= width
    return tables


def _task_table(
    task: str,
    scores: pd.DataFrame,
    metrics: Mapping[str, str],
    systems: Mapping[str, str],
    cells: Mapping[tuple[str, str], str],
) -> Table:
    title = f"{task}: mean over items (* best model or baseline; in brackets: by chance)"
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, padding=(0, 0, 0, 1))
    table.add_column("metric", no_wrap=True, vertical="bottom")
    for system, role in systems.items():
        style = "dim" if role in OUTSIDE else ""
        table.add_column(f"{system}\n{role}", justify="right", no_wrap=True, style=style)
    for metric, heading in metrics.items():
        table.add_row(heading, *(cells.get((system, metric), "–") for system in systems))
    _add_failures(table, scores, list(systems))
    return table


def _add_failures(table: Table, scores: pd.DataFrame, systems: Sequence[str]) -> None:
    counts = scores[scores["status"] == "failed"]["system"].value_counts()
    shown = [str(counts.get(system, "")) for system in systems]
    if any(shown):
        table.add_section()
        table.add_row("failed rows", *shown, style="yellow")
