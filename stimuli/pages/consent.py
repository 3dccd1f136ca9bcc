"""Consent: statements to agree to, none ticked in advance."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from ..field_types import Text
from .base import Form, FormPage


class ConsentPage(FormPage):
    """Welcome and consent: nothing ticked in advance; version and SHA-256 of the text stored."""

    type: Literal["consent"]
    version: str = "1"
    statements: tuple[Text, ...] = Field(min_length=1)  # each is a box that must be ticked

    @property
    def sha256(self) -> str:
        """SHA-256 of what is agreed to: title, text and statements, each on lines of its own."""
        return hashlib.sha256(
            "\n".join([self.title, self.text, *self.statements]).encode()
        ).hexdigest()

    def read(self, sent: Mapping[str, str]) -> Form:
        form = Form()
        for number in range(len(self.statements)):
            name = f"statement-{number}"
            form.values[name] = "yes" if sent.get(name) == "yes" else ""
            if not form.values[name]:
                form.errors[name] = "Please agree to this statement, or close the page to decline."
        return form
