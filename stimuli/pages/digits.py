"""Digits in noise: typed digit triplets."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from ..degrade import speech_noise_name
from ..field_types import Name, Text
from ..scales import Given, Typed
from .intelligibility import IntelligibilityPage
from .judge import Judge, logistic
from .trials import Asked, TrialView

if TYPE_CHECKING:
    from ..stimulus_page import StimulusPage
    from ..study import Study
    from .source import Source

DIGITS = 3
Triplet = Annotated[str, Field(pattern=rf"^[0-9]{{{DIGITS}}}$")]


class DigitsPage(IntelligibilityPage):
    """Three digits, typed; right when all three are. `snr_db` adds speech-shaped noise.

    The noise has the long-term spectrum of the version itself and begins and ends with it.
    """

    type: Literal["digits"]
    scale: Name = "digits"
    question: Text = "Which three digits did you hear?"
    digits: dict[Name, Triplet] = Field(min_length=1)
    snr_db: float | None = Field(default=None, ge=-40.0, le=40.0)

    def texts(self) -> Iterable[str]:
        return self.digits

    def target(self, item: str) -> str | None:
        return self.digits[item]

    @property
    def has_own_audio(self) -> bool:
        return self.is_training or self.snr_db is not None

    def stimulus_pages(self, source: Source) -> list[StimulusPage]:
        pages = super().stimulus_pages(source)
        if self.snr_db is None:
            return pages
        noisy = speech_noise_name(self.snr_db)
        return [
            replace(page, versions=tuple(replace(one, degradation=noisy) for one in page.versions))
            for page in pages
        ]

    def questions(self, study: Study, trial: TrialView) -> tuple[Typed, ...]:  # noqa: ARG002
        return (Typed(id=self.scale, question=self.question, digits=DIGITS),)

    def simulated(self, asked: Asked, judge: Judge) -> Given:
        heard = asked.heard
        understood = logistic(judge.latent(self.scale, heard))
        return Given(
            text="".join(
                digit
                if judge.chance("digit", heard.trial, place) < understood
                else str(int(10 * judge.chance("guess", heard.trial, place)))
                for place, digit in enumerate(heard.target or "")
            )
        )
