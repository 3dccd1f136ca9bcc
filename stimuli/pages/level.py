"""Setting the level."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Literal

from .base import Form, FormPage

MIN_GAIN_DB, MAX_GAIN_DB = -60.0, 0.0  # never above the level that `prepare` made safe


class LevelPage(FormPage):
    """Set a comfortable level with noise at the study's loudness, before any stimulus."""

    type: Literal["level"]

    def read(self, sent: Mapping[str, str]) -> Form:
        value = sent.get("gain_db", "").strip()
        form = Form({"gain_db": value})
        try:
            gain_db = float(value)
        except ValueError:
            gain_db = math.nan
        if not MIN_GAIN_DB <= gain_db <= MAX_GAIN_DB:
            form.errors["gain_db"] = "Please set the level with the slider."
        return form
