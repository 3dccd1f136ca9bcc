"""What a page type is: the keys of its table in the study file, and all that is particular to it.

A page of the form kind is asked and answered once. A page of the trial kind has stimuli: it says
which audio it needs (`stimulus_pages`), which trials a session gets (`trials`), what is asked in
them (`questions`), what an answer is worth (`score`) and how a simulated listener answers
(`simulated`). Everything here is a pure function of its arguments.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from ..field_types import Name
from ..scales import Given, Question
from ..tomlfile import Section
from .trials import Asked, Order, PlannedTrial, TrialView

if TYPE_CHECKING:
    from ..findings import Finding
    from ..manifest import StimulusSet
    from ..stimulus_page import StimulusPage
    from ..study import Study
    from .judge import Judge
    from .source import Source

MAX_TEXT_CHARACTERS = 10_000
REFERENCE_LETTER = "R"  # the open reference: heard, never asked about


@dataclass
class Form:
    """A form as it was sent: `values` by field, `errors` by field (empty: it is right)."""

    values: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)

    def read_text(self, name: str, value: str) -> None:
        """Take free text."""
        self.values[name] = value
        if len(value) > MAX_TEXT_CHARACTERS:
            self.errors[name] = f"Please shorten this to {MAX_TEXT_CHARACTERS} characters."
        elif "\x00" in value:
            self.errors[name] = "Please remove the unreadable characters."


class BasePage(Section, ABC):
    """What every page has. `text` is plain text; an empty line starts a new paragraph.

    A type sets `type` to a `Literal` with its name. `revision` rises when the meaning of what the
    type stores changes; it is written into `datapackage.json`.
    """

    revision: ClassVar[int] = 1
    template: ClassVar[str] = ""  # default: the type's name with `.html`

    type: str
    id: Name
    title: str = ""
    text: str = ""

    def check(self, study: Study) -> None:
        """Check the page against the rest of the study file.

        Raises:
            ValueError: it does not fit; the message begins with the key.
        """

    def template_name(self) -> str:
        return self.template or f"{self.type}.html"


class FormPage(BasePage):
    """A page without stimuli, answered by one form."""

    def read(self, sent: Mapping[str, str]) -> Form:  # noqa: ARG002
        """What was sent, checked; nothing is asked here unless a type says so."""
        return Form()


class TrialPage(BasePage):
    """A page with stimuli: a trial is one screen of it.

    `items` restricts it to some of the study's items. With `practice` it takes the study's
    `training_items` instead, and its answers are for training: kept apart, never analysed.
    """

    template: ClassVar[str] = "trial.html"
    heading: ClassVar[str] = "Listen and rate"  # where the page has no title
    instructions: ClassVar[str] = ""  # shown below the page's own text
    rates_what_sounds: ClassVar[bool] = False  # only the version that was chosen last can be rated

    items: tuple[Name, ...] = ()
    practice: bool = False

    @property
    def is_training(self) -> bool:
        """Whether its answers are for training only."""
        return self.practice

    @property
    def has_own_audio(self) -> bool:
        """Whether no other page uses its stimuli."""
        return self.is_training

    def check(self, study: Study) -> None:
        if self.is_training and not study.stimuli.training_items:
            raise ValueError(f"pages.{self.id}: stimuli.training_items is empty")
        items = study.stimuli.training_items if self.is_training else study.stimuli.items
        unknown = [item for item in self.items if items and item not in items]
        if unknown:
            raise ValueError(f"pages.{self.id}.items: {', '.join(unknown)} is no item of the study")

    @abstractmethod
    def stimulus_pages(self, source: Source) -> list[StimulusPage]:
        """The audio that the page needs; equal items of several pages are made once."""

    def findings(self, source: Source) -> list[Finding]:  # noqa: ARG002
        """What is wrong with the page for this run and task."""
        return []

    @abstractmethod
    def trials(self, study: Study, stimuli: StimulusSet, order: Order) -> list[PlannedTrial]:
        """The trials of a session in order: the same order gives the same trials."""

    @abstractmethod
    def questions(self, study: Study, trial: TrialView) -> Sequence[Question]:
        """What is asked about each slot that is asked about; without an item: in any trial."""

    def asks_about(self, letter: str) -> bool:
        """Whether the questions are asked about the slot with this letter."""
        return letter != REFERENCE_LETTER

    def must_hear(self, letter: str) -> str:
        """The letters of all slots that must be heard before the one in `letter` can be judged."""
        return letter

    def score(
        self,
        question: Question,  # noqa: ARG002
        letter: str,
        given: Given,
        trial: TrialView,  # noqa: ARG002
    ) -> dict[str, float | None]:
        """Letter → value of each row that an answer about `letter` makes; None for a decline."""
        return {letter: given.value}

    @abstractmethod
    def simulated(self, asked: Asked, judge: Judge) -> Given:
        """What a simulated listener answers."""
