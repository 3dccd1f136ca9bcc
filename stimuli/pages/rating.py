"""Multi-stimulus rating: all versions of an item side by side on labelled scales."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from .labelled import ScalesPage
from .slots import lettered, of_the_study, refuse_too_many, stimuli_by_item
from .trials import Order, PlannedTrial

if TYPE_CHECKING:
    from ..manifest import StimulusSet
    from ..stimulus_page import StimulusPage
    from ..study import Study
    from .source import Source


class RatingPage(ScalesPage):
    """One trial per item: all systems of the study side by side, blinded."""

    type: Literal["rating"]

    def check(self, study: Study) -> None:
        super().check(study)
        refuse_too_many(self, study.stimuli.systems)

    def stimulus_pages(self, source: Source) -> list[StimulusPage]:
        return [
            source.stimulus_page(self, item, source.versions(item))
            for item in source.items_of(self)
        ]

    def trials(self, study: Study, stimuli: StimulusSet, order: Order) -> list[PlannedTrial]:
        by_item = stimuli_by_item(self, stimuli)
        return [
            PlannedTrial(
                item, self.is_training, lettered(of_the_study(study, by_item[item]), order, item)
            )
            for item in order.shuffled(by_item)
        ]
