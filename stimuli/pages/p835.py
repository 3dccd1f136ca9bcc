"""Noise suppression: signal, background and overall quality of single stimuli (ITU-T P.835)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from ..scales import Given, Scale
from .judge import Judge
from .single import SinglePage
from .trials import Asked, TrialView

if TYPE_CHECKING:
    from ..study import Study

SCALES = ("signal", "background", "overall")


class P835Page(SinglePage):
    """Three labelled scales about one version: signal and background, then the whole.

    Which of the first two comes first is decided by the session's seed and stays for the session.
    """

    type: Literal["p835"]

    def questions(self, study: Study, trial: TrialView) -> tuple[Scale, ...]:  # noqa: ARG002
        first = trial.order.shuffled(SCALES[:2], "scales")
        return tuple(
            Scale.model_validate({"id": name, "preset": f"p835-{name}"})
            for name in (*first, SCALES[2])
        )

    def simulated(self, asked: Asked, judge: Judge) -> Given:
        return Given(judge.category(5, asked.question.id, asked.heard))
