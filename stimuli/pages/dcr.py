"""Degradation category rating: a version against the open reference (ITU-T P.800 annex D)."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from ..field_types import Name, Text
from ..findings import Finding
from ..scale_presets import PRESETS
from ..scales import Given, Scale
from .base import REFERENCE_LETTER, TrialPage
from .judge import Judge
from .reference import open_reference, reference_findings
from .slots import of_the_study, stimuli_by_item
from .trials import Asked, Order, PlannedTrial, TrialView

if TYPE_CHECKING:
    from ..manifest import StimulusSet
    from ..stimulus_page import StimulusPage
    from ..study import Study
    from .source import Source


class DcrPage(TrialPage):
    """A trial is one version of one item beside the open reference.

    With `null_pairs` the reference itself is among the versions, as P.800 asks: who hears a
    degradation there is not to be relied on.
    """

    heading: ClassVar[str] = "Listen and compare"
    instructions: ClassVar[str] = "Listen to the reference first, then to version A."

    type: Literal["dcr"]
    scale: Name = "degradation"
    question: Text = "How do you rate the degradation of version A against the reference?"
    reference: Name | Literal[""] = ""
    null_pairs: bool = True

    def findings(self, source: Source) -> list[Finding]:
        return reference_findings(self.id, self.reference, source)

    def stimulus_pages(self, source: Source) -> list[StimulusPage]:
        reference = source.reference(self.reference)
        if reference is None:
            return []
        pages = []
        for item in source.items_of(self):
            takes = [source.version(reference, item, take=take) for take in (0, 1)]
            versions = dict.fromkeys((*source.versions(item), *takes))
            pages.append(source.stimulus_page(self, item, list(versions)))
        return pages

    def trials(self, study: Study, stimuli: StimulusSet, order: Order) -> list[PlannedTrial]:
        by_name = {}
        for item, by_system in stimuli_by_item(self, stimuli).items():
            opened = open_reference(self, stimuli, item, self.reference)
            heard = of_the_study(study, by_system)
            if self.null_pairs:
                heard[opened.system] = by_system[opened.system]
            for system, stimulus in heard.items():
                slots = (("A", stimulus), (REFERENCE_LETTER, opened))
                by_name[f"{item}/{system}"] = PlannedTrial(item, self.is_training, slots)
        return [by_name[name] for name in order.shuffled(by_name)]

    def questions(self, study: Study, trial: TrialView) -> tuple[Scale, ...]:  # noqa: ARG002
        labels = PRESETS["p800-degradation"].labels
        return (Scale(id=self.scale, question=self.question, labels=labels),)

    def must_hear(self, letter: str) -> str:
        return REFERENCE_LETTER + letter

    def simulated(self, asked: Asked, judge: Judge) -> Given:
        if asked.heard.role == "reference":
            return Given(5 if judge.chance("null pair", asked.heard.trial) < 0.9 else 4)
        return Given(judge.category(5, self.scale, asked.heard))
