"""Questions that are labelled category scales: what rating, training and ACR have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..field_types import Name
from ..scales import Given, Question, Scale
from .base import TrialPage
from .judge import Judge
from .trials import Asked, TrialView

if TYPE_CHECKING:
    from ..study import Study


class ScalesPage(TrialPage):
    """A page whose questions are `[[scales]]` of the study (all where it names none)."""

    scales: tuple[Name, ...] = ()

    def check(self, study: Study) -> None:
        super().check(study)
        known = [scale.id for scale in study.scales]
        unknown = [name for name in self.scales if name not in known]
        if unknown:
            raise ValueError(
                f"pages.{self.id}.scales: unknown {', '.join(unknown)}; "
                f"known: {', '.join(sorted(known))}"
            )
        if not known:
            raise ValueError(f"pages.{self.id}: the study has no [[scales]]")

    def questions(self, study: Study, trial: TrialView) -> tuple[Scale, ...]:  # noqa: ARG002
        by_id = {scale.id: scale for scale in study.scales}
        return tuple(by_id[name] for name in self.scales) if self.scales else study.scales

    def simulated(self, asked: Asked, judge: Judge) -> Given:
        return Given(judge.category(_points(asked.question), asked.question.id, asked.heard))


def _points(question: Question) -> int:
    assert isinstance(question, Scale)
    return question.points
