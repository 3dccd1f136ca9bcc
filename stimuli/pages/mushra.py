"""MUSHRA: multiple stimuli with hidden reference and anchors (ITU-R BS.1534-3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from ..field_types import Choices, Name, Text
from ..findings import Finding
from ..scales import Given, Slider
from ..stimulus_page import StimulusPage, Version
from .base import REFERENCE_LETTER, TrialPage
from .judge import Judge, logistic
from .reference import open_reference, reference_findings
from .slots import lettered, of_the_study, refuse_too_many, stimuli_by_item
from .trials import SLOT_LETTERS, Asked, Order, PlannedTrial, TrialView

if TYPE_CHECKING:
    from ..manifest import StimulusSet
    from ..study import Study
    from .source import Source

# BS.1534-3 §5.1: low and mid anchor, made from the reference. Name → what `prepare` does to it.
ANCHORS = {"anchor-3500-hz": "lowpass-3500", "anchor-7000-hz": "lowpass-7000"}
ANCHOR_LOGITS = {"anchor-3500-hz": -3.0, "anchor-7000-hz": -1.0}
HIDDEN_REFERENCE_LOGITS = 5.0


class MushraPage(TrialPage):
    """An open reference, and blinded: the systems, the hidden reference and two anchors.

    The reference is the run's only system with that role, or the one that `reference` names.
    """

    instructions: ClassVar[str] = (
        "Compare each version with the reference, and rate its quality from 0 to 100. "
        "One of the versions is the reference itself: at least one version must get 100. "
        "Play a version to rate it; the slider of the version that you chose last is open."
    )
    rates_what_sounds: ClassVar[bool] = True

    type: Literal["mushra"]
    scale: Name = "quality"
    question: Text = "How good is the quality of each version?"
    labels: Choices = Field(default=("Bad", "Poor", "Fair", "Good", "Excellent"), min_length=5)
    reference: Name | Literal[""] = ""

    def check(self, study: Study) -> None:
        super().check(study)
        systems = [name for name in study.stimuli.systems if name != self.reference]
        refuse_too_many(self, systems, added=len(ANCHORS) + 1)

    def findings(self, source: Source) -> list[Finding]:
        found = reference_findings(self.id, self.reference, source)
        found += [
            Finding("error", "MUSHRA's own anchor has this name", f"system {name}", "rename it")
            for name in ANCHORS
            if name in source.in_run
        ]
        reference = source.reference(self.reference)
        systems = {system.name for system in source.systems} | {reference.name if reference else ""}
        if len(systems) + len(ANCHORS) > len(SLOT_LETTERS):
            what = f"with reference and anchors a trial has {len(systems) + len(ANCHORS)} signals"
            fix = "take systems out, or make two studies: BS.1534-3 allows 12"
            found.append(Finding("error", what, f"page {self.id}", fix))
        return found

    def stimulus_pages(self, source: Source) -> list[StimulusPage]:
        reference = source.reference(self.reference)
        if reference is None:
            return []
        pages = []
        for item in source.items_of(self):
            path = source.path(reference.name, item)
            hidden, opened = (source.version(reference, item, take=take) for take in (0, 1))
            anchors = [Version(name, "anchor", path, how) for name, how in ANCHORS.items()]
            versions = [*source.versions(item), hidden, opened, *anchors]
            pages.append(source.stimulus_page(self, item, list(dict.fromkeys(versions))))
        return pages

    def trials(self, study: Study, stimuli: StimulusSet, order: Order) -> list[PlannedTrial]:
        by_item = stimuli_by_item(self, stimuli)
        trials = []
        for item in order.shuffled(by_item):
            opened = open_reference(self, stimuli, item, self.reference)
            blind = of_the_study(study, by_item[item])
            blind |= {name: by_item[item][name] for name in (opened.system, *ANCHORS)}
            slots = (*lettered(blind, order, item), (REFERENCE_LETTER, opened))
            trials.append(PlannedTrial(item, self.is_training, slots))
        return trials

    def questions(self, study: Study, trial: TrialView) -> tuple[Slider, ...]:  # noqa: ARG002
        return (Slider(id=self.scale, question=self.question, labels=self.labels),)

    def simulated(self, asked: Asked, judge: Judge) -> Given:
        heard = asked.heard
        added = HIDDEN_REFERENCE_LOGITS if heard.role == "reference" else 0.0
        added += ANCHOR_LOGITS.get(heard.system, 0.0)
        return Given(round(100 * logistic(judge.latent(self.scale, heard) + added)))
