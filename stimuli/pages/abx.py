"""ABX: which of two versions is the unknown one?"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from ..field_types import Name, Text
from ..scales import Given, Pick, Question
from .judge import Judge, logistic
from .pairs import PairsPage
from .slots import stimuli_by_item
from .trials import Asked, Order, PlannedTrial, TrialView

if TYPE_CHECKING:
    from ..manifest import StimulusSet
    from ..stimulus_page import StimulusPage
    from ..study import Study
    from .source import Source


class AbxPage(PairsPage):
    """X is A or B, by chance; whether the answer was right is never shown.

    X is a second take of its version: other bytes than A and B have, the same sound.
    """

    instructions: ClassVar[str] = "X is the same as A or the same as B."

    type: Literal["abx"]
    scale: Name = "abx"
    question: Text = "Which version is X?"

    def stimulus_pages(self, source: Source) -> list[StimulusPage]:
        return [
            source.stimulus_page(self, item, source.versions(item, takes=2))
            for item in source.items_of(self)
        ]

    def trials(self, study: Study, stimuli: StimulusSet, order: Order) -> list[PlannedTrial]:
        copies = stimuli_by_item(self, stimuli, take=1)
        trials = []
        for item, repeat, (a, b) in self.planned_pairs(study, stimuli, order):
            first, second = sorted((a.system, b.system))
            target = order.shuffled("AB", "x", item, first, second, repeat)[0]
            x = copies[item][a.system if target == "A" else b.system]
            slots = (("A", a), ("B", b), ("X", x))
            trials.append(PlannedTrial(item, self.is_training, slots, target, is_pair=True))
        return trials

    def questions(self, study: Study, trial: TrialView) -> tuple[Pick, ...]:  # noqa: ARG002
        options = (("A", "X is A"), ("B", "X is B"))
        return (Pick(id=self.scale, question=self.question, options=options),)

    def asks_about(self, letter: str) -> bool:
        return letter == "X"

    def must_hear(self, letter: str) -> str:  # noqa: ARG002
        return "ABX"

    def score(
        self,
        question: Question,  # noqa: ARG002
        letter: str,
        given: Given,
        trial: TrialView,
    ) -> dict[str, float | None]:
        return {letter: None if given.text is None else float(given.text == trial.target)}

    def simulated(self, asked: Asked, judge: Judge) -> Given:
        a, b, x = (asked.slots[letter] for letter in "ABX")
        distance = abs(judge.latent("a", a) - judge.latent("a", b))
        is_right = judge.chance("abx", x.trial) < logistic(distance)
        return Given(text=asked.heard.target if is_right else "AB".replace(x.target or "", ""))
