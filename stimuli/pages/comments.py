"""Free text near the end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from .base import Form, FormPage


class CommentsPage(FormPage):
    """Free text, optional."""

    type: Literal["comments"]
    question: str = "Is there anything that you would like to tell us?"

    def read(self, sent: Mapping[str, str]) -> Form:
        form = Form()
        form.read_text("comment", sent.get("comment", "").strip())
        return form
