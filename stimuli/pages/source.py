"""Where a page's audio comes from: the study's systems and items in its run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..run_folder import RunSystem, rendering_path
from ..stimulus_page import StimulusPage, Version

if TYPE_CHECKING:
    from ..study import Study
    from .base import TrialPage


@dataclass(frozen=True)
class Source:
    """A study's choice of a run. `systems` are the study's, `in_run` all by name."""

    study: Study
    run: Path
    systems: tuple[RunSystem, ...]
    in_run: dict[str, RunSystem]
    items: tuple[str, ...]

    def items_of(self, page: TrialPage) -> tuple[str, ...]:
        """The items that a page has trials with."""
        items = self.study.stimuli.training_items if page.is_training else self.items
        return tuple(item for item in items if not page.items or item in page.items)

    def path(self, system: str, item: str) -> Path:
        """Where the run keeps a rendering."""
        return rendering_path(self.run, system, item)

    def version(
        self, system: RunSystem, item: str, degradation: str = "", take: int = 0
    ) -> Version:
        """A rendering as it comes from the run, or degraded."""
        path = self.path(system.name, item)
        return Version(system.name, system.role, path, degradation, take)

    def versions(self, item: str, *, takes: int = 1) -> tuple[Version, ...]:
        """The study's systems on an item."""
        return tuple(
            self.version(system, item, take=take)
            for take in range(takes)
            for system in self.systems
        )

    def stimulus_page(
        self, page: TrialPage, item: str, versions: Sequence[Version]
    ) -> StimulusPage:
        """The versions of an item, for this page only or for all that test it."""
        name = page.id if page.has_own_audio else ""
        return StimulusPage(item, name, tuple(versions), is_training=page.is_training)

    def reference(self, wanted: str) -> RunSystem | None:
        """The system named, or the only reference of the run on the study's task."""
        if wanted:
            return self.in_run.get(wanted)
        found = [
            system
            for system in self.in_run.values()
            if system.role == "reference" and self.study.stimuli.task in system.tasks
        ]
        return found[0] if len(found) == 1 else None
