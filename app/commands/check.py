"""What `earwitness doctor` finds out about one thing, and how a terminal shows it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from rich.markup import escape
from rich.table import Table

State = Literal["ok", "missing", "stale", "broken"]
_STYLES: dict[State, str] = {"ok": "green", "missing": "yellow", "stale": "yellow", "broken": "red"}


@dataclass(frozen=True)
class Check:
    """The state of one thing: `command` is what to run when it is not ok."""

    name: str
    state: State
    detail: str
    command: str = ""


def check_table(title: str, checks: Sequence[Check]) -> Table:
    """The checks for a terminal."""
    table = Table(title=title, title_justify="left")
    for heading in ("what", "state", "found", "to run"):
        table.add_column(heading, overflow="fold")
    for check in checks:
        command = check.command if check.state != "ok" else ""
        row = (check.name, check.state, escape(check.detail), escape(command))
        table.add_row(*row, style=_STYLES[check.state])
    return table
