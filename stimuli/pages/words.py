"""Closed-set word identification (n-AFC)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal, Self

from pydantic import Field, model_validator

from ..field_types import Choices, Name, Text
from ..scales import Given, Pick
from ..tomlfile import Section
from .intelligibility import IntelligibilityPage
from .judge import Judge, logistic
from .trials import Asked, TrialView

if TYPE_CHECKING:
    from ..study import Study


class WordSet(Section):
    """What is said in an item, and what it can be taken for."""

    target: Text
    options: Choices = Field(min_length=2, max_length=12)

    @model_validator(mode="after")
    def _target_is_on_offer(self) -> Self:
        if self.target not in self.options:
            raise ValueError(f"the target {self.target!r} is not among the options")
        return self


class WordsPage(IntelligibilityPage):
    """Which of several words was heard; the words stand in an order that the seed decides."""

    type: Literal["words"]
    scale: Name = "word"
    question: Text = "Which word did you hear?"
    words: dict[Name, WordSet] = Field(min_length=1)

    def texts(self) -> Iterable[str]:
        return self.words

    def target(self, item: str) -> str | None:
        return self.words[item].target

    def questions(self, study: Study, trial: TrialView) -> tuple[Pick, ...]:  # noqa: ARG002
        known = [self.words[trial.item]] if trial.item else self.words.values()
        options = dict.fromkeys(word for one in known for word in one.options)
        words = trial.order.shuffled(options, "options", trial.item)
        shown = tuple((word, word) for word in words)
        return (Pick(id=self.scale, question=self.question, options=shown),)

    def simulated(self, asked: Asked, judge: Judge) -> Given:
        heard, options = asked.heard, self.words[asked.heard.item].options
        if judge.chance("heard", heard.trial) < logistic(judge.latent(self.scale, heard)):
            return Given(text=heard.target)
        return Given(text=options[int(judge.chance("guess", heard.trial) * len(options))])
