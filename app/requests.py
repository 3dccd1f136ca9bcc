"""The player's requests as typed JSON: what is not exactly so is refused."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

MAX_SEQUENCE = 2**53
MAX_EVENTS_PER_REQUEST = 500
Seconds = Annotated[float, Field(ge=0, le=86_400, allow_inf_nan=False)]


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class RatingRequest(_Request):
    """What the browser sends when an answer is given, changed or declined."""

    event: UUID
    sequence: int = Field(ge=0, le=MAX_SEQUENCE)
    value: int | None
    declined: bool
    listened_s: Seconds
    plays: int = Field(ge=0, le=1_000_000)
    client_at: AwareDatetime

    @model_validator(mode="after")
    def _value_or_decline(self) -> RatingRequest:
        if (self.value is None) != self.declined:
            raise ValueError("give either a value, or null with declined = true")
        return self


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
