"""`[recruitment]` and `[privacy]` of a study file: where people come from, and what is kept."""

from __future__ import annotations

import string
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from .tomlfile import Section

Source = Literal["prolific", "mturk", "sona", "other"]

# The query parameters that each recruiter adds to a link; the first one is the person.
PARAMETERS: dict[Source, tuple[str, ...]] = {
    "prolific": ("PROLIFIC_PID", "STUDY_ID", "SESSION_ID"),
    "mturk": ("workerId", "assignmentId", "hitId"),
    "sona": ("survey_code",),
    "other": (),
}
OWN = ("code", "session")  # what every return address may use


def placeholders(template: str) -> list[str]:
    """The names in braces of a return address."""
    return [name for _, name, _, _ in string.Formatter().parse(template) if name is not None]


def _is_address(url: str) -> str:
    if url and not url.startswith(("https://", "http://")):
        raise ValueError(f"{url!r} is no address; it begins with https://")
    try:
        placeholders(url)
    except ValueError as error:
        raise ValueError(f"{url!r}: {error}; write {{name}} for a parameter") from None
    return url


Address = Annotated[str, AfterValidator(_is_address)]
Parameter = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,63}$")]


class Recruitment(Section):
    """`[recruitment]`: a panel or another survey that sends people, and takes them back.

    `parameters` are the query parameters that are kept (apart from the data); the return addresses
    may use them in braces, and `{code}` and `{session}`.
    """

    source: Source = "other"
    parameters: tuple[Parameter, ...] = ()
    completion_url: Address = ""
    completion_code: str = ""
    withdrawal_url: Address = ""

    @property
    def names(self) -> tuple[str, ...]:
        """The parameters that are kept: the recruiter's own, then the further ones."""
        return tuple(dict.fromkeys([*PARAMETERS[self.source], *self.parameters]))

    @model_validator(mode="after")
    def _addresses_use_what_is_known(self) -> Self:
        if not self.names:
            raise ValueError("parameters: name those that the link carries, the person's first")
        for url in (self.completion_url, self.withdrawal_url):
            unknown = set(placeholders(url)) - {*self.names, *OWN}
            if unknown:
                raise ValueError(f"{url!r}: nothing is known of {', '.join(sorted(unknown))}")
        return self


class Privacy(Section):
    """`[privacy]`: how long recruiters' ids are kept, in days from the session's start."""

    recruiter_ids_days: int = Field(default=30, ge=1, le=3650)
