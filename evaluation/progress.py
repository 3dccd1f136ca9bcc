"""What a run tells while it works; the base class says nothing."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import Literal

Phase = Literal["check", "render", "score", "embed", "chance"]


class Progress:
    """Receives what happens; a phase has `total` steps and each call of `done` ends some."""

    def begin(self, phase: Phase, total: int) -> None:
        """A phase starts with so many steps left to do."""

    def share(self, phase: Phase, counts: Mapping[str, int]) -> None:
        """How many of these steps each system has."""

    def checked(self, item: str, reason: str) -> None:
        """An item was read; `reason` says why it cannot be used."""

    def rendered(self, system: str, item: str, reason: str, seconds: float) -> None:
        """A system rendered an item, or failed for `reason`."""

    def scored(self, system: str, item: str, values: int, failed: int) -> None:
        """So many outcomes of one rendering are stored, `failed` of them without a value."""

    def embedded(self, system: str, item: str) -> None:
        """The embeddings of one rendering are stored."""

    def measured(self, system: str, metric: str) -> None:
        """The chance level of a metric is known for a system."""

    def warn(self, text: str) -> None:
        """Something that the user should know and that stops nothing."""


class JsonProgress(Progress):
    """One JSON object a line on standard output, for programs."""

    def begin(self, phase: Phase, total: int) -> None:
        emit("phase", phase=phase, total=total)

    def checked(self, item: str, reason: str) -> None:
        emit("checked", item=item, reason=reason)

    def rendered(self, system: str, item: str, reason: str, seconds: float) -> None:
        emit("rendered", system=system, item=item, reason=reason, seconds=round(seconds, 3))

    def scored(self, system: str, item: str, values: int, failed: int) -> None:
        emit("scored", system=system, item=item, values=values, failed=failed)

    def warn(self, text: str) -> None:
        emit("warning", text=text)


def emit(event: str, **fields: object) -> None:
    """Print one event as a line of JSON."""
    sys.stdout.write(json.dumps({"event": event, **fields}) + "\n")
    sys.stdout.flush()
