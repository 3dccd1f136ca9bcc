"""The page types of a study file: each has its `type`, an `id`, a `title` and its own keys."""

from __future__ import annotations

from collections import Counter
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from .tomlfile import NAME_PATTERN, Section

Name = Annotated[str, Field(pattern=NAME_PATTERN, max_length=64)]
Text = Annotated[str, Field(pattern=r"\S")]  # something to read


def unlike(texts: tuple[str, ...]) -> tuple[str, ...]:
    """Labels or options, which nobody could tell apart if two were equal."""
    twice = [text for text, count in Counter(texts).items() if count > 1]
    if twice:
        raise ValueError(f"{twice[0]!r} is there twice")
    return texts


Choices = Annotated[tuple[Text, ...], AfterValidator(unlike)]


class BasePage(Section):
    """What every page has. `text` is plain text; an empty line starts a new paragraph."""

    id: Name
    title: str = ""
    text: str = ""


class ConsentPage(BasePage):
    """Welcome and consent: nothing ticked in advance; version and SHA-256 of the text stored."""

    type: Literal["consent"]
    version: str = "1"
    statements: tuple[Text, ...] = Field(min_length=1)  # each is a box that must be ticked


class QuestionField(Section):
    """One question of a questionnaire."""

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=64)]
    question: Text
    kind: Literal["choice", "text"]
    options: Choices = ()
    required: bool = False

    @model_validator(mode="after")
    def _options_fit_the_kind(self) -> Self:
        if self.kind == "choice" and len(self.options) < 2:
            raise ValueError(f"field {self.id}: a choice needs at least two options")
        if self.kind == "text" and self.options:
            raise ValueError(f"field {self.id}: a text field has no options")
        return self


class QuestionnairePage(BasePage):
    """Questions about the participant; the answers become columns of `sessions.csv`."""

    type: Literal["questionnaire"]
    fields: tuple[QuestionField, ...] = Field(min_length=1)


class LevelPage(BasePage):
    """Set a comfortable level with noise at the study's loudness, before any stimulus."""

    type: Literal["level"]


class TrainingPage(BasePage):
    """A very good and a very bad version of a training item, rated for practice.

    `good` is a system of the run; `bad` is made by `prepare` from it and is no system.
    """

    type: Literal["training"]
    good: Name
    bad: Literal["lowpass-1000", "clipped"] = "lowpass-1000"
    scales: tuple[Name, ...] = ()


class RatingPage(BasePage):
    """One trial per item: all systems of the study side by side, blinded."""

    type: Literal["rating"]
    scales: tuple[Name, ...] = ()


class CommentsPage(BasePage):
    """Free text, optional."""

    type: Literal["comments"]
    question: str = "Is there anything that you would like to tell us?"


class ThanksPage(BasePage):
    """The end: the completion code."""

    type: Literal["thanks"]


Page = (
    ConsentPage
    | QuestionnairePage
    | LevelPage
    | TrainingPage
    | RatingPage
    | CommentsPage
    | ThanksPage
)


def default_page_ids(data: Any) -> Any:
    """Give each page without an `id` its type as id (`rating`, then `rating-2`, ...)."""
    if not isinstance(data, dict) or not isinstance(data.get("pages"), list):
        return data
    counts: dict[str, int] = {}
    pages = []
    for page in data["pages"]:
        if isinstance(page, dict) and isinstance(page.get("type"), str):
            kind = page["type"]
            counts[kind] = counts.get(kind, 0) + 1
            default = kind if counts[kind] == 1 else f"{kind}-{counts[kind]}"
            page = {"id": default, **page}
        pages.append(page)
    return {**data, "pages": pages}
