"""The study file: one `study.toml` says everything about a listening test (DESIGN §4).

Loading checks all that can be known from the file alone; `prepare` checks it against the audio.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, SerializeAsAny, field_validator, model_validator

from .errors import ConfigError
from .field_types import Name, Text
from .formula import DEFAULT_FORMULA, parse_formula
from .pages.base import BasePage, TrialPage
from .pages.registry import default_page_ids, parse_page
from .recruitment import Privacy, Recruitment
from .scales import Scale
from .tomlfile import Section, load_toml

Page = Annotated[SerializeAsAny[BasePage], BeforeValidator(parse_page)]
LANGUAGE_TAG = r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*$"  # RFC 5646 §2.1, the usual forms


Multiplicity = Literal["holm", "hochberg", "dunnett", "benjamini-hochberg"]


class About(Section):
    """`[study]`: what it is, in which language, and whom to ask."""

    id: Name
    title: Text
    version: str = "1"
    language: str = Field(default="en", pattern=LANGUAGE_TAG, max_length=35)
    contact: str = ""


class Ethics(Section):
    """`[ethics]`: who allowed the study. Without it only pilot and simulated sessions run."""

    approval: str = Field(min_length=1)
    date: str = Field(min_length=1)
    confirmed_by: str = Field(min_length=1)


class StimuliSource(Section):
    """`[stimuli]`: which renderings of which run are listened to. Paths relative to the file."""

    run: str
    task: Literal["mix", "speech", "style"]
    systems: tuple[Name, ...] = Field(min_length=1)
    items: tuple[Name, ...] = ()  # empty: every test item of the run
    training_items: tuple[Name, ...] = ()


class Presentation(Section):
    """`[presentation]`: level and length of what is heard."""

    loudness_lufs: float = Field(default=-23.0, ge=-40.0, le=-14.0)
    max_true_peak_dbtp: float = Field(default=-1.0, le=-1.0)
    excerpt_s: float | None = Field(default=None, ge=0.5, le=60.0)
    fade_ms: float = Field(default=10.0, ge=0.0, le=1000.0)


class DesignSection(Section):
    """`[design]`: `random` shuffles items and versions per participant, seeded and recorded."""

    order: Literal["random"] = "random"
    seed: int = 0


class Sequential(Section):
    """`[analysis.sequential]`: the study may stop early; without it nobody looks at results.

    `songs`: the claim is about items like these (`sample`) or about these only (`fixed`).
    """

    at_most: int = Field(ge=10, le=10_000)  # participants: here it stops in any case
    first_look: int = Field(default=10, ge=5)
    scales: tuple[Name, ...] = ()  # that decide; empty: all
    songs: Literal["sample", "fixed"] = "sample"

    @model_validator(mode="after")
    def _look_before_the_end(self) -> Self:
        if self.first_look > self.at_most:
            raise ValueError("first_look lies beyond at_most")
        return self


class Analysis(Section):
    """`[analysis]`: the pre-registration; its digest is printed in the report."""

    baseline: str = ""
    formula: str = DEFAULT_FORMULA
    alpha: float = Field(default=0.05, gt=0.0, lt=0.5)
    exclusions: tuple[str, ...] = ()
    minimum_listening_share: float = Field(default=0.9, ge=0.0, le=1.0)
    multiplicity: Multiplicity = "holm"
    smallest_effect_of_interest: float | None = Field(default=None, gt=0.0)
    expected_order: tuple[Name, ...] = ()  # lowest first; an ordered hypothesis (Page's test)
    sequential: Sequential | None = None
    disagreement_items: tuple[Name, ...] = ()  # chosen by metrics: in no mean or comparison
    prediction_metric: str = ""  # for means over all scored items

    @field_validator("formula")
    @classmethod
    def _read_formula(cls, text: str) -> str:
        try:
            return parse_formula(text).text
        except ConfigError as error:
            raise ValueError(str(error).removeprefix("analysis.formula: ")) from None


class Simulation(Section):
    """`[simulation]`: bot listeners; `utilities` are latent logits per system (0 if unnamed)."""

    listeners: int = Field(default=30, ge=1, le=10_000)
    seed: int = 0
    utilities: dict[Name, Annotated[float, Field(allow_inf_nan=False)]] = Field(default={})


class Study(Section):
    """A whole study file."""

    format: Literal[1] = Field(alias="schema")
    study: About
    ethics: Ethics | None = None
    stimuli: StimuliSource
    presentation: Presentation = Presentation()
    scales: tuple[Scale, ...] = ()  # what pages of labelled category scales ask
    pages: tuple[Page, ...] = Field(min_length=1)
    design: DesignSection = DesignSection()
    screening: dict[str, str] = Field(default={}, max_length=0)
    analysis: Analysis = Analysis()
    simulation: Simulation = Simulation()
    recruitment: Recruitment | None = None
    privacy: Privacy = Privacy()

    @model_validator(mode="before")
    @classmethod
    def _name_pages(cls, data: object) -> object:
        return default_page_ids(data)

    @model_validator(mode="after")
    def _check(self) -> Self:
        _refuse_duplicates("scales.id", (scale.id for scale in self.scales))
        _refuse_duplicates("pages.id", (page.id for page in self.pages))
        _refuse_duplicates("stimuli.systems", self.stimuli.systems)
        _refuse_duplicates("stimuli.items", self.stimuli.items)
        _refuse_duplicates("stimuli.training_items", self.stimuli.training_items)
        overlap = set(self.stimuli.items) & set(self.stimuli.training_items)
        if overlap:
            raise ValueError(
                f"stimuli.training_items overlap with the test items: {', '.join(sorted(overlap))}"
            )
        for page in self.pages:
            page.check(self)
        systems = set(self.stimuli.systems)
        if self.analysis.baseline:
            _refuse_unknown("analysis.baseline", [self.analysis.baseline], systems)
        _refuse_unknown("analysis.expected_order", self.analysis.expected_order, systems)
        _refuse_duplicates("analysis.expected_order", self.analysis.expected_order)
        if self.stimuli.items:
            known = set(self.stimuli.items)
            apart = self.analysis.disagreement_items
            _refuse_unknown("analysis.disagreement_items", apart, known)
        _refuse_unknown("simulation.utilities", self.simulation.utilities, systems)
        if not any(isinstance(page, TrialPage) and not page.is_training for page in self.pages):
            raise ValueError('pages: at least one page with a test is needed, as type "rating"')
        ends = [page.type == "thanks" for page in self.pages]
        if not ends[-1] or sum(ends) > 1:
            raise ValueError('pages: the last page, and no other, must be of type "thanks"')
        return self


def _refuse_duplicates(where: str, names: Iterable[str]) -> None:
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise ValueError(f"{where}: {', '.join(twice)} is used twice")


def _refuse_unknown(where: str, names: Iterable[str], known: set[str]) -> None:
    unknown = [name for name in names if name not in known]
    if unknown:
        raise ValueError(
            f"{where}: unknown {', '.join(unknown)}; known: {', '.join(sorted(known))}"
        )


class StudyFolder:
    """A study on disk: the file and what stands beside it (all of it ignored by git)."""

    def __init__(self, path: Path) -> None:
        """Load the study.

        Args:
            path: the study's folder, or its `study.toml`.

        Raises:
            ConfigError: there is no such file, or it is wrong.
        """
        self.file = path / "study.toml" if path.is_dir() else path
        if not self.file.is_file():
            raise ConfigError(f"{path}: no study.toml there; name a study folder or its study.toml")
        self.root = self.file.parent.resolve()
        self.study = load_toml(self.file, Study)

    @property
    def digest(self) -> str:
        """SHA-256 of the file: names this exact study in sessions, stimuli and reports."""
        return hashlib.sha256(self.file.read_bytes()).hexdigest()

    @property
    def run(self) -> Path:
        return (self.root / self.study.stimuli.run).resolve()

    @property
    def stimuli(self) -> Path:
        """Blinded audio, named by digest."""
        return self.root / "stimuli"

    @property
    def manifest(self) -> Path:
        """The secret list of which stimulus is which system (mode 600)."""
        return self.root / "stimuli" / "stimuli.json"

    @property
    def database(self) -> Path:
        return self.root / "earwitness.sqlite3"

    @property
    def secret_key(self) -> Path:
        return self.root / "secret.key"

    @property
    def exports(self) -> Path:
        return self.root / "exports"

    @property
    def report(self) -> Path:
        return self.root / "report"
