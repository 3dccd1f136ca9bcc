"""What a person sees of a run: bars with the time left, and what the leaderboard must not hide."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Self

import pandas as pd
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeRemainingColumn
from rich.table import Table

from .contenders import contender_lines
from .leaderboard import UNDECIDABLE
from .metrics.facts import Facts
from .progress import Phase, Progress
from .terminal_live import LiveBars
from .uncertainty import MIN_GROUPS

_TITLES: dict[Phase, str] = {
    "check": "reading items",
    "render": "rendering",
    "score": "scoring",
    "embed": "embedding",
    "chance": "chance level",
}
MAX_REASONS = 10


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
        self._bars = LiveBars(*columns, console=console, disable=not console.is_terminal)
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
        self._bars.courses.clear()  # what they tell is in the leaderboard
        self._bars.stop()

    def begin(self, phase: Phase, total: int) -> None:
        self._task = self._bars.add_task(_TITLES[phase], total=total, now="", visible=total > 0)

    def share(self, phase: Phase, counts: Mapping[str, int]) -> None:
        self._bars.share(phase, counts)

    def checked(self, item: str, reason: str) -> None:
        self._step(item)
        self._tell(item, item, reason)

    def rendered(self, system: str, item: str, reason: str, seconds: float) -> None:
        course = self._bars.course(system)
        course.rendered += 1
        course.rendering_s += seconds
        course.failed += bool(reason)
        self._step(f"{system} · {item}")
        self._tell(system, f"{system}, {item}", reason)

    def scored(self, system: str, item: str, values: int, failed: int) -> None:
        course = self._bars.course(system)
        course.scored += values
        course.failed += failed
        self._step(f"{system} · {item}", values)

    def embedded(self, system: str, item: str) -> None:
        self._step(f"{system} · {item}")

    def measured(self, system: str, metric: str) -> None:
        self._step(f"{system} · {metric}")

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


def closing_lines(scores: pd.DataFrame, board: pd.DataFrame, failures: Sequence[str]) -> list[str]:
    """What the table must not hide: why rows failed, and how little few groups can show."""
    lines = []
    if (board["verdict"] == UNDECIDABLE).any():
        lines.append(
            f"fewer than {MIN_GROUPS} independent groups: points only, no intervals and no tests"
        )
    lines += contender_lines(board)
    failed = scores[scores["status"] == "failed"]
    reasons = Counter(zip(failed["system"], failed["reason"], strict=True))
    for (system, reason), count in list(reasons.items())[:MAX_REASONS]:
        lines.append(f"failed: {system}: {count} row(s): {reason}")
    if len(reasons) > MAX_REASONS:
        lines.append(f"failed: {len(reasons) - MAX_REASONS} more reasons in scores.csv")
    return [*lines, *(f"failed (training item): {failure}" for failure in failures)]


def metrics_notes(facts: Sequence[Facts]) -> list[str]:
    """What the table cannot show: what is not installed, and which embedders there are."""
    from .sets.catalogue import EMBEDDERS  # torch, which progress bars have no use for

    lacking: dict[str, list[str]] = {}
    for fact in facts:
        if fact.lacking:
            lacking.setdefault(fact.lacking, []).append(fact.id)
    names = ", ".join(EMBEDDERS)
    return [
        *(f"not computed: {', '.join(ids)}: {reason}" for reason, ids in lacking.items()),
        f"distances of sets over other embedders: evaluate --embedder NAME, one of {names}",
    ]


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
