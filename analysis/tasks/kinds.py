"""What the answers on a scale are, from the page type that asked for them (docs/page-types.md)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np
import pandas as pd

from earwitness.stimuli.pages.digits import DigitsPage
from earwitness.stimuli.pages.transcription import TranscriptionPage
from earwitness.stimuli.pages.words import WordsPage
from earwitness.stimuli.study import Study

from ..records.report import Scale

Kind = Literal["rating", "pair", "abx", "right_or_wrong", "transcription"]
_KINDS: Mapping[str, Kind] = {
    "ab": "pair", "abx": "abx", "words": "right_or_wrong", "digits": "right_or_wrong",
    "transcription": "transcription",
}  # fmt: skip


def kind_of(ratings: pd.DataFrame) -> Kind:
    """The kind of a scale's ratings; `rating` where the table does not name page types."""
    types = set(ratings["page_type"]) if "page_type" in ratings else set()
    kinds = {_KINDS.get(str(name), "rating") for name in types}
    return kinds.pop() if len(kinds) == 1 else "rating"


def scale_of_answers(scale: Scale, kind: Kind, study: Study | None) -> Scale:
    """A scale with what is known about right and wrong answers; others as they are."""
    pages = [
        page for page in (study.pages if study else ())
        if isinstance(page, WordsPage | DigitsPage | TranscriptionPage) and page.scale == scale.id
    ]  # fmt: skip
    update: dict[str, object] = {"question": pages[0].question} if pages else {}
    if kind == "right_or_wrong":
        offered = [
            len(one.options) for page in pages if isinstance(page, WordsPage)
            for one in page.words.values()
        ]  # fmt: skip
        chance = float(np.mean([1 / count for count in offered])) if offered else 0.0
        update |= {"labels": ["wrong", "right"], "categories": [0.0, 1.0], "low": 0.0, "high": 1.0,
                   "chance": chance}  # fmt: skip
    return scale.model_copy(update=update)
