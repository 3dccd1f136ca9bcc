"""The end."""

from __future__ import annotations

from typing import Literal

from .base import FormPage


class ThanksPage(FormPage):
    """The end: the completion code."""

    type: Literal["thanks"]
