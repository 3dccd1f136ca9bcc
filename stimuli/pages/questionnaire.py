"""Questions about the participant."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from ..field_types import Choices, Text
from ..tomlfile import Section
from .base import Form, FormPage


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

    def read(self, value: str, form: Form) -> None:
        """Take the answer to this question."""
        form.values[self.id] = value
        if not value:
            if self.required:
                form.errors[self.id] = "Please answer this question."
        elif self.kind == "text":
            form.read_text(self.id, value)
        elif value not in self.options:
            form.errors[self.id] = "Please choose one of the options."


class QuestionnairePage(FormPage):
    """Questions about the participant; the answers become columns of `sessions.csv`."""

    type: Literal["questionnaire"]
    fields: tuple[QuestionField, ...] = Field(min_length=1)

    def read(self, sent: Mapping[str, str]) -> Form:
        form = Form()
        for question in self.fields:
            question.read(sent.get(question.id, "").strip(), form)
        return form
