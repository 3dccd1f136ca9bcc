"""Types of keys that the TOML files share."""

from __future__ import annotations

from collections import Counter
from typing import Annotated

from pydantic import AfterValidator, Field

from .tomlfile import NAME_PATTERN

Name = Annotated[str, Field(pattern=NAME_PATTERN, max_length=64)]
Text = Annotated[str, Field(pattern=r"\S")]  # something to read


def unlike(texts: tuple[str, ...]) -> tuple[str, ...]:
    """Labels or options, which nobody could tell apart if two were equal."""
    twice = [text for text, count in Counter(texts).items() if count > 1]
    if twice:
        raise ValueError(f"{twice[0]!r} is there twice")
    return texts


Choices = Annotated[tuple[Text, ...], AfterValidator(unlike)]
