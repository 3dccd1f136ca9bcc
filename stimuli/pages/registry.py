"""The page types: our own, and those of installed packages (entry point group `GROUP`)."""

from __future__ import annotations

import functools
import inspect
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any, get_args

from pydantic import ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

from ..errors import ConfigError
from .ab import AbPage
from .abx import AbxPage
from .acr import AcrPage
from .base import BasePage, FormPage, TrialPage
from .comments import CommentsPage
from .consent import ConsentPage
from .dcr import DcrPage
from .digits import DigitsPage
from .level import LevelPage
from .mushra import MushraPage
from .p835 import P835Page
from .questionnaire import QuestionnairePage
from .rating import RatingPage
from .thanks import ThanksPage
from .training import TrainingPage
from .transcription import TranscriptionPage
from .words import WordsPage

GROUP = "earwitness.page_types"

OWN: tuple[type[BasePage], ...] = (
    ConsentPage,
    QuestionnairePage,
    LevelPage,
    TrainingPage,
    RatingPage,
    AcrPage,
    P835Page,
    DcrPage,
    MushraPage,
    AbPage,
    AbxPage,
    WordsPage,
    TranscriptionPage,
    DigitsPage,
    CommentsPage,
    ThanksPage,
)


@functools.cache
def page_types() -> dict[str, type[BasePage]]:
    """Type → class.

    Raises:
        ConfigError: an installed package offers what is no page type, or a name that is taken.
    """
    types = {type_name(page): page for page in OWN}
    for entry in entry_points(group=GROUP):
        page = _loaded(entry)
        if entry.name in types:
            raise ConfigError(f"page type {entry.name!r} is offered twice ({entry.value})")
        types[entry.name] = page
    return types


def folders() -> dict[str, Path]:
    """Type → folder of a type of others: its templates, and in `static/` what they load."""
    return {
        name: Path(inspect.getfile(page)).parent
        for name, page in page_types().items()
        if page not in OWN
    }


def _loaded(entry: EntryPoint) -> type[BasePage]:
    try:
        page = entry.load()
    except Exception as error:
        raise ConfigError(
            f"page type {entry.name!r}: {entry.value} cannot be loaded ({error}); "
            "repair or uninstall the package that offers it"
        ) from error
    is_kind = isinstance(page, type) and issubclass(page, FormPage | TrialPage)
    if not is_kind or type_name(page) != entry.name:
        raise ConfigError(
            f"page type {entry.name!r}: {entry.value} must be a FormPage or TrialPage whose "
            f'`type` is Literal["{entry.name}"]'
        )
    loaded: type[BasePage] = page
    return loaded


def type_name(page: type[BasePage]) -> str:
    """What `type` must say in the study file."""
    return str(next(iter(get_args(page.model_fields["type"].annotation)), ""))


def parse_page(data: Any) -> Any:
    """A table of `[[pages]]` as the page of its type; faults say in which key they are."""
    if not isinstance(data, dict):
        return data
    kind = data.get("type")
    if kind not in page_types():
        known = ", ".join(page_types())
        raise PydanticCustomError(
            "page_type", "unknown page type; known: {known}", {"known": known}
        )
    try:
        return page_types()[kind].model_validate(data)
    except ValidationError as error:
        raise ValidationError.from_exception_data(
            error.title,
            [_within(kind, detail) for detail in error.errors(include_url=False)],
        ) from None


def _within(kind: str, detail: Any) -> InitErrorDetails:
    """The same fault, in the table of a kind."""
    error: Any = detail["type"]
    if "ctx" in detail and "error" in detail["ctx"]:  # of a validator of ours
        error = PydanticCustomError("value_error", "{message}", {"message": detail["msg"]})
    return InitErrorDetails(
        type=error, loc=(kind, *detail["loc"]), input=detail["input"], ctx=detail.get("ctx", {})
    )


def default_page_ids(data: Any) -> Any:
    """Give each page without an `id` its type as id (`rating`, then `rating-2`, ...)."""
    if not isinstance(data, dict) or not isinstance(data.get("pages"), list):
        return data
    counts: dict[str, int] = {}
    pages = []
    for page in data["pages"]:
        if isinstance(page, dict) and isinstance(page.get("type"), str):
            kind = page["type"]
            counts[kind] = counts.get(kind, 0) + 1
            default = kind if counts[kind] == 1 else f"{kind}-{counts[kind]}"
            page = {"id": default, **page}
        pages.append(page)
    return {**data, "pages": pages}
