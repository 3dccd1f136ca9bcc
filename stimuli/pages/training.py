"""Training: the range of what will be heard, shown on items that are not tested."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from ..field_types import Name
from ..findings import Finding
from ..stimulus_page import StimulusPage, Version
from .labelled import ScalesPage
from .slots import lettered, stimuli_by_item
from .trials import Order, PlannedTrial

if TYPE_CHECKING:
    from ..manifest import StimulusSet
    from ..study import Study
    from .source import Source

TRAINING_BAD = "training-bad"


class TrainingPage(ScalesPage):
    """A very good and a very bad version of a training item, rated for practice.

    `good` is a system of the run; `bad` is made by `prepare` from it and is no system.
    """

    type: Literal["training"]
    good: Name
    bad: Literal["lowpass-1000", "clipped"] = "lowpass-1000"

    @property
    def is_training(self) -> bool:
        return True

    def stimulus_pages(self, source: Source) -> list[StimulusPage]:
        pages = []
        for item in source.items_of(self):
            path = source.path(self.good, item)
            good = Version(self.good, "training", path)
            bad = Version(TRAINING_BAD, "training", path, self.bad)
            rivals = source.versions(item)
            pages.append(StimulusPage(item, self.id, (good, bad), rivals, is_training=True))
        return pages

    def findings(self, source: Source) -> list[Finding]:
        return [
            Finding(
                "error",
                f'"{name}" is the bad version of the training and a system of the study',
                f"page {self.id}",
                "choose another bad version, or another name for the system",
            )
            for name in (self.bad, TRAINING_BAD)
            if name in source.study.stimuli.systems
        ]

    def trials(
        self,
        study: Study,  # noqa: ARG002
        stimuli: StimulusSet,
        order: Order,
    ) -> list[PlannedTrial]:
        by_item = stimuli_by_item(self, stimuli)
        return [
            PlannedTrial(item, True, lettered(by_item[item], order, item))
            for item in order.shuffled(by_item)
        ]
