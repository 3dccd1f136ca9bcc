"""Typed transcription of sentences."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from ..field_types import Name, Text
from ..scales import Given, Typed
from .intelligibility import IntelligibilityPage
from .judge import Judge, logistic
from .trials import Asked, TrialView

if TYPE_CHECKING:
    from ..study import Study

# A word with its apostrophes; every character where words are not spaced (kana, Han).
_UNSPACED = r"\u3040-\u30ff\u3400-\u9fff"
_WORD = re.compile(rf"[{_UNSPACED}]|[^\W_{_UNSPACED}]+(?:'[^\W_]+)*")


class TranscriptionPage(IntelligibilityPage):
    """What was said, in the listener's own words: typed, scored by words in the right order."""

    type: Literal["transcription"]
    scale: Name = "transcription"
    question: Text = (
        "What did you hear? Type all words; guess if you are not sure. "
        "If you understood nothing, type a question mark."
    )
    sentences: dict[Name, Text] = Field(min_length=1)

    def texts(self) -> Iterable[str]:
        return self.sentences

    def target(self, item: str) -> str | None:
        return self.sentences[item]

    def questions(self, study: Study, trial: TrialView) -> tuple[Typed, ...]:  # noqa: ARG002
        return (Typed(id=self.scale, question=self.question),)

    def share_right(self, answer: str, target: str) -> float:
        return share_of_words(answer, target)

    def simulated(self, asked: Asked, judge: Judge) -> Given:
        heard = asked.heard
        understood = logistic(judge.latent(self.scale, heard))
        words = (heard.target or "").split()
        kept = [
            word
            for place, word in enumerate(words)
            if judge.chance("word", heard.trial, place) < understood
        ]
        return Given(text=" ".join(kept) or "?")


def share_of_words(answer: str, target: str) -> float:
    """Share of the target's words that the answer has in the same order, 0..1.

    The longest common subsequence of words; case, punctuation and composed characters (NFKC) do not
    matter, and words too many cost nothing.

    >>> share_of_words("the CAT sat", "The cat, it sat.")
    0.75
    """
    given, wanted = words_of(answer), words_of(target)
    return _common(given, wanted) / len(wanted) if wanted else 0.0


def words_of(text: str) -> list[str]:
    """The words of a text as they are compared."""
    return _WORD.findall(unicodedata.normalize("NFKC", text).casefold().replace("’", "'"))


def _common(first: Sequence[str], second: Sequence[str]) -> int:
    """Length of the longest common subsequence."""
    row = [0] * (len(second) + 1)
    for word in first:
        before = row
        row = [0]
        for place, other in enumerate(second):
            row.append(before[place] + 1 if word == other else max(row[-1], before[place + 1]))
    return row[-1]
