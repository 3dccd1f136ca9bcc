"""Read a TOML file into a pydantic model, or say in one line which key of which file is wrong."""

from __future__ import annotations

import difflib
import tomllib
from pathlib import Path
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from .errors import ConfigError

# Names of systems, items and studies: safe in a path, a URL and a table (DESIGN §4).
NAME_PATTERN = r"^[a-z0-9][a-z0-9._-]*$"


class Section(BaseModel):
    """A table of a TOML file: unknown keys are errors and values never change after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


SectionT = TypeVar("SectionT", bound=Section)


def load_toml(path: Path, model: type[SectionT]) -> SectionT:
    """Read `path` and check it against `model`.

    Raises:
        ConfigError: the file is missing or unreadable, is not TOML, or a key or value is wrong.
            The message names the file, the key, the value and what is allowed.
    """
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8-sig"))  # some editors write a BOM
    except FileNotFoundError:
        raise ConfigError(f"{path}: no such file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read ({error})") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: not valid TOML: {error}") from error
    try:
        return model.model_validate(data)
    except ValidationError as error:
        # An unknown key first: a misspelt one is also the reason why another seems to be missing.
        details = sorted(
            error.errors(include_url=False), key=lambda detail: detail["type"] != "extra_forbidden"
        )
        more = f" (and {len(details) - 1} more)" if len(details) > 1 else ""
        raise ConfigError(f"{path}: {_describe(details[0], model)}{more}") from error


def _describe(detail: ErrorDetails, model: type[BaseModel]) -> str:
    """One validation error as `key: problem`, with the nearest known key for an unknown one."""
    location = detail["loc"]
    key = ".".join(str(part) for part in location) or "(top level)"
    if detail["type"] == "extra_forbidden":
        known = _known_keys(location[:-1], model)
        near = difflib.get_close_matches(str(location[-1]), known, n=1)
        known_text = f"; known keys: {', '.join(known)}" if known else ""
        hint = f'; did you mean "{near[0]}"?' if near else known_text
        return f'unknown key "{key}"{hint}'
    if detail["type"] == "missing":
        return f'the key "{key}" is missing'
    shown = "" if isinstance(detail["input"], dict | list) else f" (found {detail['input']!r})"
    return f"{key}: {detail['msg'].removeprefix('Value error, ')}{shown}"


def _known_keys(location: tuple[int | str, ...], model: type[BaseModel]) -> list[str]:
    """The keys that the table at `location` may have; empty when it cannot be told."""
    tables = [model]
    for part in location:
        if isinstance(part, int):
            continue
        tagged = [table for table in tables if _tag(table) == part]
        tables = tagged or [
            inner
            for table in tables
            if part in table.model_fields
            for inner in _tables_in(table.model_fields[part].annotation)
        ]
    return [
        field.alias or name for table in tables[:1] for name, field in table.model_fields.items()
    ]


def _tag(table: type[BaseModel]) -> object:
    """The value of `type` that selects this table in a list of several kinds, or None."""
    field = table.model_fields.get("type")
    return next(iter(get_args(field.annotation)), None) if field else None


def _tables_in(annotation: Any) -> list[type[BaseModel]]:
    """Every table inside `Section`, `Section | None`, `tuple[A | B, ...]`, and its kinds."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation, *_kinds(annotation)]
    return [table for argument in get_args(annotation) for table in _tables_in(argument)]


def _kinds(table: type[BaseModel]) -> list[type[BaseModel]]:
    """The subclasses that a `type` key selects, for a table that has none itself."""
    found = [kind for inner in table.__subclasses__() for kind in (inner, *_kinds(inner))]
    return [kind for kind in found if _tag(kind) is not None]
