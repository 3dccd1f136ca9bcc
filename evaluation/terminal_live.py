"""The table that changes while models render and are scored: what each has done, and has left."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from rich.console import RenderableType
from rich.progress import Progress as Bars
from rich.table import Table

from .terminal_forecast import duration

MIN_LINES_LEFT = 8  # of the terminal, for the bars and a few messages


@dataclass
class Course:
    """How far one system has come."""

    renderings: int = 0
    rendered: int = 0
    rendering_s: float = 0.0
    scores: int = 0
    scored: int = 0
    failed: int = 0

    @property
    def is_done(self) -> bool:
        return self.rendered == self.renderings and self.scored == self.scores

    @property
    def rank(self) -> int:
        """At work, waiting, done."""
        if self.is_done:
            return 2
        return 0 if self.rendered or self.scored else 1

    @property
    def left(self) -> str:
        """Time for the renderings that are left, from those that are done."""
        missing = self.renderings - self.rendered
        if not missing:
            return ""
        return duration(self.rendering_s / self.rendered * missing) if self.rendered else "?"


class LiveBars(Bars):
    """Bars, and above them a line for each system while one has something left to do."""

    def __init__(self, *columns: object, **options: object) -> None:
        self.courses: dict[str, Course] = {}
        super().__init__(*columns, **options)  # type: ignore[arg-type]

    def share(self, phase: str, counts: Mapping[str, int]) -> None:
        """How much of a phase each system has to do."""
        for system, count in counts.items():
            course = self.course(system)
            if phase == "render":
                course.renderings = count
            else:
                course.scores = count

    def course(self, system: str) -> Course:
        """The one of a system, made at the first call."""
        return self.courses.setdefault(system, Course())

    def get_renderables(self) -> Iterator[RenderableType]:
        if not all(course.is_done for course in self.courses.values()):
            room = max(1, self.console.height - MIN_LINES_LEFT - len(self.tasks))
            yield _table(self.courses, room)
        yield self.make_tasks_table(self.tasks)


def _table(courses: Mapping[str, Course], room: int) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0))
    table.add_column("model", no_wrap=True)
    for heading in ("rendered", "time left", "scored", "failed"):
        table.add_column(heading, justify="right", no_wrap=True, min_width=9)
    # The table is cut to the terminal's height: what is at work comes first, what is done last.
    ordered = sorted(courses.items(), key=lambda one: one[1].rank)
    for name, one in ordered[:room]:
        rendered = f"{one.rendered}/{one.renderings}" if one.renderings else ""
        scored = f"{one.scored}/{one.scores}" if one.scores else ""
        failed = f"[red]{one.failed}[/red]" if one.failed else ""
        table.add_row(name, rendered, one.left, scored, failed)
    if len(ordered) > room:
        table.add_row(f"[dim]and {len(ordered) - room} more[/dim]")
    return table
