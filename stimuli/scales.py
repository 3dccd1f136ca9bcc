"""Questions about what is heard: category scales, sliders, choices among options, typed text.

Each kind knows which answers it takes. Categories and sliders are answered with a whole number,
the others with text, which the page's type turns into a value (`TrialPage.score`).
"""

from __future__ import annotations

import unicodedata
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

from pydantic import Field, model_validator

from .errors import RatingError
from .field_types import Choices, Name, Text
from .scale_presets import PRESETS
from .tomlfile import Section

MAX_ANSWER_CHARACTERS = 500


@dataclass(frozen=True)
class Given:
    """An answer as the browser sends it: a number or a text; neither is a decline."""

    value: int | None = None
    text: str | None = None


class Question(Section, ABC):
    """What every question has. `id` becomes the `scale` of the tables."""

    kind: ClassVar[str]

    id: Name
    question: Text
    required: bool = True

    @property
    @abstractmethod
    def range(self) -> str:
        """What can be answered, in words."""

    @abstractmethod
    def check(self, given: Given) -> None:
        """Refuse what is no answer to this question.

        Raises:
            RatingError: names the question and what it takes.
        """


class Scale(Question):
    """`[[scales]]`: a labelled category scale; values are 1..n, lowest label first.

    `preset` names a scale of a standard, whose words it takes (`PRESETS`).
    """

    kind = "category"

    preset: str = ""
    labels: Choices = Field(min_length=2, max_length=11)

    @model_validator(mode="before")
    @classmethod
    def _take_preset(cls, data: Any) -> Any:
        if not isinstance(data, dict) or "preset" not in data:
            return data
        if data["preset"] not in PRESETS:
            raise ValueError(f"unknown preset; known: {', '.join(PRESETS)}")
        if "labels" in data:
            raise ValueError("a preset has its own labels: leave out the one or the other")
        preset = PRESETS[data["preset"]]
        return {"question": preset.question, **data, "labels": preset.labels}

    @property
    def range(self) -> str:
        return " · ".join(self.labels)

    @property
    def points(self) -> int:
        return len(self.labels)

    def check(self, given: Given) -> None:
        if given.text is not None:
            raise RatingError(f"{self.id} takes a number")
        if given.value is not None and not 1 <= given.value <= self.points:
            raise RatingError(f"{self.id} takes 1 to {self.points}, not {given.value}")


class Slider(Question):
    """A continuous scale from 0 to 100 in equal parts with one label each, lowest first."""

    kind = "slider"

    labels: Choices = Field(min_length=2, max_length=11)
    low: int = 0
    high: int = 100

    @property
    def range(self) -> str:
        return f"{self.low} to {self.high}: {' · '.join(self.labels)}"

    def check(self, given: Given) -> None:
        if given.text is not None:
            raise RatingError(f"{self.id} takes a number")
        if given.value is not None and not self.low <= given.value <= self.high:
            raise RatingError(f"{self.id} takes {self.low} to {self.high}, not {given.value}")


class Pick(Question):
    """One of several options; `options` are (what is stored, what is shown)."""

    kind = "pick"

    options: tuple[tuple[str, str], ...]

    @property
    def range(self) -> str:
        return " · ".join(shown for _, shown in self.options)

    def check(self, given: Given) -> None:
        known = [name for name, _ in self.options]
        if given.value is not None or (given.text is not None and given.text not in known):
            raise RatingError(f"{self.id} takes one of {', '.join(known)}")


class Typed(Question):
    """Text that the participant types; `digits` is how many digits it must be, 0 for words."""

    kind = "text"

    digits: int = 0

    @property
    def range(self) -> str:
        return f"{self.digits} digits, typed" if self.digits else "typed text"

    def check(self, given: Given) -> None:
        if given.value is not None:
            raise RatingError(f"{self.id} takes text")
        if given.text is None:
            return
        if len(given.text) > MAX_ANSWER_CHARACTERS:
            raise RatingError(f"{self.id} takes at most {MAX_ANSWER_CHARACTERS} characters")
        if any(unicodedata.category(one) in ("Cc", "Cs") for one in given.text):
            raise RatingError(f"{self.id} takes no control characters")
        if not given.text.strip():
            raise RatingError(f"{self.id} was left empty")
        if self.digits and not (given.text.isdecimal() and len(given.text) == self.digits):
            raise RatingError(f"{self.id} takes {self.digits} digits")
