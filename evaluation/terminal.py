"""What a person sees of a run: bars with the time left, then the leaderboard."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Self

import pandas as pd
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bars
from rich.table import Table

from .leaderboard import UNDECIDABLE, best
from .metrics.facts import Facts
from .progress import Phase, Progress
from .uncertainty import MIN_GROUPS

_TITLES: dict[Phase, str] = {
    "check": "reading items",
    "render": "rendering",
    "score": "scoring",
}
_OUTSIDE = ("reference", "anchor")
MAX_REASONS = 10
MIN_COLUMN_CHARACTERS = 9  # " *-1.23 │"


class TerminalProgress(Progress):
    """A bar for each phase; what fails is printed as it happens."""

    def __init__(self, console: Console) -> None:
        self._console = console
        columns = (
            TextColumn("{task.description:<13}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[now]}", markup=False),
        )
        self._bars = Bars(*columns, console=console, disable=not console.is_terminal)
        self._task: TaskID | None = None
        self._told: set[tuple[str, str]] = set()

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bars.stop()

    def begin(self, phase: Phase, total: int) -> None:
        self._task = self._bars.add_task(_TITLES[phase], total=total, now="")

    def checked(self, item: str, reason: str) -> None:
        self._step(item)
        self._tell(item, item, reason)

    def rendered(self, system: str, item: str, reason: str, seconds: float) -> None:  # noqa: ARG002
        self._step(f"{system} · {item}")
        self._tell(system, f"{system}, {item}", reason)

    def scored(self, system: str, item: str, values: int, failed: int) -> None:  # noqa: ARG002
        self._step(f"{system} · {item}", values)

    def warn(self, text: str) -> None:
        self._tell("", "warning", text)

    def _step(self, now: str, steps: int = 1) -> None:
        assert self._task is not None
        self._bars.update(self._task, advance=steps, now=now)

    def _tell(self, who: str, where: str, reason: str) -> None:
        """Print a reason once for each system: a model may fail on a thousand items."""
        if reason and (who, reason) not in self._told:
            self._told.add((who, reason))
            line = f"[yellow]{escape(where)}: {escape(reason)}[/yellow]"
            self._console.print(line, highlight=False, soft_wrap=True)


def leaderboard_tables(scores: pd.DataFrame, board: pd.DataFrame, width: int) -> list[Table]:
    """Means of each system, the best marked, failures counted.

    Args:
        scores: table `SCORES`.
        board: table `LEADERBOARD`.
        width: of the terminal, in characters; metrics that do not fit go into a further table.
    """
    cells = _cells(board, best(board, scores))
    tables = []
    for task, frame in scores.groupby("task", sort=False):
        names = _system_names(frame)
        room = width - max(map(len, names.values())) - len(" failed ") - 6
        for headings in _fitting(_headings(frame), room):
            tables.append(_task_table(str(task), frame, names, headings, cells))
    return tables


def _cells(board: pd.DataFrame, winners: set[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """The shown mean of each (system, metric)."""
    rows = zip(board["system"], board["metric"], board["mean"], strict=True)
    known = {(system, metric): mean for system, metric, mean in rows if not pd.isna(mean)}
    return {
        key: f"[bold green]*{mean:.3g}[/]" if key in winners else f"{mean:.3g}"
        for key, mean in known.items()
    }


def _system_names(scores: pd.DataFrame) -> dict[str, str]:
    """Each system with its role, where that is another than `model`."""
    roles = scores.drop_duplicates("system")
    return {
        system: system if role == "model" else f"{system} ({role})"
        for system, role in zip(roles["system"], roles["role"], strict=True)
    }


def _headings(scores: pd.DataFrame) -> dict[str, str]:
    """The metrics of a task, one word a line, with an arrow towards better."""
    metrics = scores[scores["status"] != "not_applicable"].drop_duplicates("metric")
    arrows = {"higher": "\n↑", "lower": "\n↓"}
    return {
        metric: metric.replace("_", "\n") + arrows.get(direction, "")
        for metric, direction in zip(metrics["metric"], metrics["direction"], strict=True)
    }


def _fitting(headings: Mapping[str, str], room: int) -> list[dict[str, str]]:
    """The columns in as many tables as the room asks for."""
    tables: list[dict[str, str]] = [{}]
    left = room
    for metric, heading in headings.items():
        width = max(MIN_COLUMN_CHARACTERS, *(len(word) + 3 for word in heading.split("\n")))
        if width > left and tables[-1]:
            tables.append({})
            left = room
        tables[-1][metric] = heading
        left -= width
    return tables


def _task_table(
    task: str,
    scores: pd.DataFrame,
    names: Mapping[str, str],
    headings: Mapping[str, str],
    cells: Mapping[tuple[str, str], str],
) -> Table:
    table = Table(title=f"{task} (mean over items; * best model or baseline)", title_justify="left")
    table.add_column("system", no_wrap=True)
    for heading in headings.values():
        table.add_column(heading, justify="right", vertical="bottom", no_wrap=True)
    table.add_column("failed", justify="right")
    failed = scores[(scores["status"] == "failed") & scores["metric"].isin(list(headings))]
    counts = Counter(failed["system"])
    outside = set(scores[scores["role"].isin(_OUTSIDE)]["system"])
    for system, name in names.items():
        means = [cells.get((system, metric), "–") for metric in headings]
        style = "dim" if system in outside else ""
        table.add_row(name, *means, str(counts[system] or ""), style=style)
    return table


def closing_lines(scores: pd.DataFrame, board: pd.DataFrame, failures: Sequence[str]) -> list[str]:
    """What the table must not hide: why rows failed, and how little few groups can show."""
    lines = []
    if (board["verdict"] == UNDECIDABLE).any():
        lines.append(
            f"fewer than {MIN_GROUPS} independent groups: points only, no intervals and no tests"
        )
    failed = scores[scores["status"] == "failed"]
    reasons = Counter(zip(failed["system"], failed["reason"], strict=True))
    for (system, reason), count in list(reasons.items())[:MAX_REASONS]:
        lines.append(f"failed: {system}: {count} row(s): {reason}")
    if len(reasons) > MAX_REASONS:
        lines.append(f"failed: {len(reasons) - MAX_REASONS} more reasons in scores.csv")
    return [*lines, *(f"failed (training item): {failure}" for failure in failures)]


def metrics_table(facts: Sequence[Facts]) -> Table:
    """The metrics with what they declare."""
    table = Table(title="Metrics", title_justify="left")
    for heading in ("metric", "unit", "range", "better", "level", "channels", "tasks", "version"):
        table.add_column(heading, no_wrap=heading == "metric")
    for fact in facts:
        low, high = (
            ("−∞", "∞")[side] if v is None else f"{v:g}"
            for side, v in enumerate((fact.low, fact.high))
        )
        tasks = ", ".join(fact.tasks or ("all",))
        level = fact.level.replace("_", " ")
        row = (fact.id, fact.unit, f"{low} … {high}", fact.direction, level, fact.channels, tasks)
        table.add_row(*row, fact.version)
    return table
