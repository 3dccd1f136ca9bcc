"""What a person sees of a run: bars with the time left, then the leaderboard."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
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


class TerminalProgress(Progress):
    """A bar for each phase; failures are printed as they happen."""

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
        self._tell(item, reason)

    def rendered(self, system: str, item: str, reason: str, seconds: float) -> None:  # noqa: ARG002
        self._step(f"{system} · {item}")
        self._tell(f"{system}, {item}", reason)

    def scored(self, system: str, item: str, values: int, failed: int) -> None:  # noqa: ARG002
        self._step(f"{system} · {item}", values)

    def warn(self, text: str) -> None:
        self._tell("warning", text)

    def _step(self, now: str, steps: int = 1) -> None:
        assert self._task is not None
        self._bars.update(self._task, advance=steps, now=now)

    def _tell(self, where: str, reason: str) -> None:
        if reason:
            line = f"[yellow]{escape(where)}: {escape(reason)}[/yellow]"
            self._console.print(line, highlight=False, soft_wrap=True)


def leaderboard_tables(scores: pd.DataFrame, board: pd.DataFrame) -> list[Table]:
    """One table a task: means of each system, the best marked, failures counted."""
    winners = best(board, scores)
    return [
        _task_table(str(task), frame, board, winners)
        for task, frame in scores.groupby("task", sort=False)
    ]


def _task_table(
    task: str, scores: pd.DataFrame, board: pd.DataFrame, winners: set[tuple[str, str]]
) -> Table:
    table = Table(title=f"{task} (mean over items; * best model or baseline)", title_justify="left")
    table.add_column("system", no_wrap=True)
    applicable = scores[scores["status"] != "not_applicable"]
    metrics = applicable.drop_duplicates("metric")
    for metric, direction in zip(metrics["metric"], metrics["direction"], strict=True):
        arrow = {"higher": " ↑", "lower": " ↓"}.get(direction, "")
        table.add_column(metric.replace("_", "\n") + arrow, justify="right", vertical="bottom")
    table.add_column("failed", justify="right")
    cells = board.set_index(["system", "metric"])
    for system, own in scores.groupby("system", sort=False):
        role = str(own["role"].iloc[0])
        means = [_cell(str(system), metric, cells, winners) for metric in metrics["metric"]]
        failed = int((own["status"] == "failed").sum())
        name = f"{system} ({role})" if role != "model" else str(system)
        table.add_row(name, *means, str(failed or ""), style="dim" if role in _OUTSIDE else "")
    return table


def _cell(system: str, metric: str, cells: pd.DataFrame, winners: set[tuple[str, str]]) -> str:
    mean = cells["mean"].get((system, metric))
    if mean is None or pd.isna(mean):
        return "–"
    text = f"{float(mean):.3g}"
    return f"[bold green]*{text}[/]" if (system, metric) in winners else text


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
