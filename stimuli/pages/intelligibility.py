"""What was said? Pages whose answers are right or wrong, for each item that has a text."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from ..findings import Finding
from ..scales import Given, Question
from .single import SinglePage
from .trials import TrialView

if TYPE_CHECKING:
    from ..study import Study
    from .source import Source


class IntelligibilityPage(SinglePage):
    """A single version, and a right answer.

    Each item is heard in one system, and played once, unless the page says else.
    """

    heading: ClassVar[str] = "What do you hear?"

    once: bool = True
    plays: int = Field(default=1, ge=0, le=20)

    @abstractmethod
    def texts(self) -> Iterable[str]:
        """The items that the page has a text for."""

    def check(self, study: Study) -> None:
        super().check(study)
        lacking = [item for item in self.items if item not in self.texts()]
        if lacking:
            raise ValueError(f"pages.{self.id}: no text for {', '.join(lacking)}")

    def findings(self, source: Source) -> list[Finding]:
        lacking = [item for item in source.items_of(self) if item not in self.texts()]
        if not lacking:
            return []
        what = f"it has no text for {', '.join(lacking)}"
        fix = "add what is said there, or name the items of this page in `items`"
        return [Finding("error", what, f"page {self.id}", fix)]

    def score(
        self,
        question: Question,  # noqa: ARG002
        letter: str,
        given: Given,
        trial: TrialView,
    ) -> dict[str, float | None]:
        if given.text is None or trial.target is None:
            return {letter: None}
        return {letter: self.share_right(given.text, trial.target)}

    def share_right(self, answer: str, target: str) -> float:
        """What an answer is worth, 0..1: all or nothing unless a type says else."""
        return float(answer == target)
