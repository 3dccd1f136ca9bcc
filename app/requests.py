"""The player's requests as typed JSON: what is not exactly so is refused."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from earwitness.stimuli.scales import MAX_ANSWER_CHARACTERS, Given

MAX_SLOTS = 26
MAX_SEQUENCE = 2**53
MAX_EVENTS_PER_REQUEST = 500
Seconds = Annotated[float, Field(ge=0, le=86_400, allow_inf_nan=False)]


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Heard(_Request):
    """How much another version of the trial was heard when the answer was given."""

    slot: str = Field(max_length=64)
    listened_s: Seconds
    plays: int = Field(ge=0, le=1_000_000)


class RatingRequest(_Request):
    """What the browser sends when an answer is given, changed or declined.

    `value` is a number, `answer` a text (an option's name, typed words): never both. An answer
    that compares versions says in `others` how much of the others was heard.
    """

    event: UUID
    sequence: int = Field(ge=0, le=MAX_SEQUENCE)
    value: int | None = None
    answer: str | None = Field(default=None, max_length=MAX_ANSWER_CHARACTERS)
    declined: bool
    listened_s: Seconds
    plays: int = Field(ge=0, le=1_000_000)
    client_at: AwareDatetime
    others: list[Heard] = Field(default=[], max_length=MAX_SLOTS)

    @model_validator(mode="after")
    def _one_answer_or_decline(self) -> RatingRequest:
        given = (self.value is not None) + (self.answer is not None)
        if given != (not self.declined):
            raise ValueError("give either one answer, or none with declined = true")
        return self

    @property
    def given(self) -> Given:
        """The answer itself."""
        return Given(self.value, self.answer)


class EventRequest(_Request):
    """One thing that happened in the player or on the page."""

    event: UUID
    kind: str = Field(pattern=r"^[a-z][a-z_]{0,31}$")
    trial: int | None = None
    slot: str | None = Field(default=None, max_length=64)
    value: float | None = Field(default=None, allow_inf_nan=False)
    client_at: AwareDatetime


class EventsRequest(_Request):
    """A batch of events."""

    events: list[EventRequest] = Field(max_length=MAX_EVENTS_PER_REQUEST)
