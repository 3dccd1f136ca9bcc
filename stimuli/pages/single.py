"""One version at a time: what ACR, word identification, transcription and digits have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from .base import TrialPage
from .slots import of_the_study, stimuli_by_item
from .trials import Order, PlannedTrial

if TYPE_CHECKING:
    from ..manifest import Stimulus, StimulusSet
    from ..stimulus_page import StimulusPage
    from ..study import Study
    from .source import Source


class SinglePage(TrialPage):
    """A trial is one version of one item; all trials of the page in one random order.

    With `once` a participant hears each item in one system only (words are remembered): the
    systems go round the items in an order that the seed decides, as evenly as the numbers allow.
    With `plays` a clip sounds from its beginning to its end, so many times.
    """

    once: bool = False
    plays: int = Field(default=0, ge=0, le=20)  # how often a clip can be played; 0: at will

    def stimulus_pages(self, source: Source) -> list[StimulusPage]:
        return [
            source.stimulus_page(self, item, source.versions(item))
            for item in source.items_of(self)
        ]

    def trials(self, study: Study, stimuli: StimulusSet, order: Order) -> list[PlannedTrial]:
        by_item = {
            item: of_the_study(study, by_system)
            for item, by_system in stimuli_by_item(self, stimuli).items()
        }
        chosen = self._once(by_item, order) if self.once else self._all(by_item)
        by_name = {f"{stimulus.item}/{stimulus.system}": stimulus for stimulus in chosen}
        return [
            PlannedTrial(
                by_name[name].item,
                self.is_training,
                (("A", by_name[name]),),
                self.target(by_name[name].item),
            )
            for name in order.shuffled(by_name)
        ]

    def target(self, item: str) -> str | None:  # noqa: ARG002
        """The right answer about an item, where there is one."""
        return None

    def _all(self, by_item: dict[str, dict[str, Stimulus]]) -> list[Stimulus]:
        return [stimulus for by_system in by_item.values() for stimulus in by_system.values()]

    def _once(self, by_item: dict[str, dict[str, Stimulus]], order: Order) -> list[Stimulus]:
        chosen = []
        for place, item in enumerate(order.shuffled(by_item, "once")):
            systems = order.shuffled(by_item[item], "systems")
            chosen.append(by_item[item][systems[place % len(systems)]])
        return chosen
