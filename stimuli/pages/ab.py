"""AB preference, with or without an open reference."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from ..field_types import Name
from ..findings import Finding
from ..scales import Given, Pick, Question
from .base import REFERENCE_LETTER
from .judge import Judge
from .pairs import PairsPage
from .reference import open_reference, reference_findings
from .trials import Asked, Order, PlannedTrial, TrialView

if TYPE_CHECKING:
    from ..manifest import StimulusSet
    from ..stimulus_page import StimulusPage
    from ..study import Study
    from .source import Source

NO_PREFERENCE = "none"
TIE_LOGITS = 0.5  # a simulated listener calls closer ones equal, where that is allowed


class AbPage(PairsPage):
    """Which of two versions is preferred, or nearer to the reference.

    The reference is the run's only system with that role, or the one that `reference` names.
    """

    type: Literal["ab"]
    scale: Name = "preference"
    question: str = ""
    tie: bool = False  # whether "No preference" is on offer
    with_reference: bool = False
    reference: Name | Literal[""] = ""

    @property
    def has_reference(self) -> bool:
        return self.with_reference or bool(self.reference)

    def findings(self, source: Source) -> list[Finding]:
        return reference_findings(self.id, self.reference, source) if self.has_reference else []

    def stimulus_pages(self, source: Source) -> list[StimulusPage]:
        reference = source.reference(self.reference) if self.has_reference else None
        pages = []
        for item in source.items_of(self):
            opened = [source.version(reference, item, take=1)] if reference else []
            versions = [*source.versions(item), *opened]
            pages.append(source.stimulus_page(self, item, versions))
        return pages

    def trials(self, study: Study, stimuli: StimulusSet, order: Order) -> list[PlannedTrial]:
        trials = []
        for item, _, (a, b) in self.planned_pairs(study, stimuli, order):
            slots = [("A", a), ("B", b)]
            if self.has_reference:
                opened = open_reference(self, stimuli, item, self.reference)
                slots.append((REFERENCE_LETTER, opened))
            trials.append(PlannedTrial(item, self.is_training, tuple(slots), is_pair=True))
        return trials

    def questions(self, study: Study, trial: TrialView) -> tuple[Pick, ...]:  # noqa: ARG002
        near = "Which version is nearer to the reference?"
        asked = near if self.has_reference else "Which version do you prefer?"
        options = [("A", "Version A"), ("B", "Version B")]
        if self.tie:
            shown = "No difference" if self.has_reference else "No preference"
            options.append((NO_PREFERENCE, shown))
        return (Pick(id=self.scale, question=self.question or asked, options=tuple(options)),)

    def asks_about(self, letter: str) -> bool:
        """Once a trial: the answer is about both and stored with both."""
        return letter == "A"

    def must_hear(self, letter: str) -> str:  # noqa: ARG002
        return "AB"

    def score(
        self,
        question: Question,  # noqa: ARG002
        letter: str,  # noqa: ARG002
        given: Given,
        trial: TrialView,  # noqa: ARG002
    ) -> dict[str, float | None]:
        if given.text is None:
            return {"A": None, "B": None}
        if given.text == NO_PREFERENCE:
            return {"A": 0.5, "B": 0.5}
        return {"A": float(given.text == "A"), "B": float(given.text == "B")}

    def simulated(self, asked: Asked, judge: Judge) -> Given:
        a, b = (judge.latent(self.scale, asked.slots[letter]) for letter in "AB")
        if self.tie and abs(a - b) < TIE_LOGITS:
            return Given(text=NO_PREFERENCE)
        return Given(text="A" if a > b else "B")
