"""The file of a dataset folder: what `dataset.toml` says, and which items follow from it."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator

from .audio import MAX_RATE, MIN_RATE
from .errors import ConfigError
from .field_types import Name
from .tomlfile import NAME_PATTERN, Section, load_toml

Split = Literal["train", "validation", "test", "training"]
Task = Literal["mix", "speech", "style"]


@dataclass(frozen=True)
class Item:
    """One song excerpt, sentence or clip; `group` is its song or speaker."""

    id: str
    group: str
    split: Split
    folder: Path


class SplitSection(Section):
    """`[split]`: the items of each part. `test` is scored; `training` is for training pages."""

    train: tuple[Name, ...] = ()
    validation: tuple[Name, ...] = ()
    test: tuple[Name, ...] = ()
    training: tuple[Name, ...] = ()

    def parts(self) -> tuple[tuple[Split, tuple[str, ...]], ...]:
        """The parts with their items; first the two that are rendered."""
        return (
            ("test", self.test),
            ("training", self.training),
            ("train", self.train),
            ("validation", self.validation),
        )


class DatasetFile(Section):
    """The whole `dataset.toml`."""

    name: Name
    task: Task
    rate: int = Field(ge=MIN_RATE, le=MAX_RATE)
    inputs: tuple[Name, ...] = Field(min_length=1)
    reference: Name
    baseline: Name | None = None
    licence: str = Field(min_length=1)
    may_publish: bool = False
    split: SplitSection | None = None
    groups: dict[Name, Name] = Field(default={})

    @model_validator(mode="after")
    def _check(self) -> Self:
        _refuse_twice("inputs", self.inputs)
        if self.task == "mix" and set(self.inputs) != {"lead", "backing"}:
            raise ValueError('inputs of the task "mix" are "lead" and "backing"')
        if self.reference == "sum" and self.task != "mix":
            raise ValueError('reference = "sum" is for the task "mix"; name the reference file')
        if self.split is not None:
            _refuse_twice("split", (item for _, items in self.split.parts() for item in items))
        return self


def _refuse_twice(where: str, names: Iterable[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise ValueError(f"{where}: {name} is named twice")
        seen.add(name)


def read_dataset_file(folder: Path) -> tuple[DatasetFile, tuple[Item, ...]]:
    """Read `folder/dataset.toml`; its test and then its training items, in a stable order.

    Without `[split]` every folder in `items/` is a test item, by name. An item that `[split]` names
    but that has no folder stays in the list: reading it fails, and so it becomes a failed row.

    Raises:
        ConfigError: a key or value is wrong, an item's folder has an unsafe name or is in no part
            of `[split]`, `[groups]` names an unknown item, or nothing is left to render.
    """
    path = folder / "dataset.toml"
    file = load_toml(path, DatasetFile)
    found = _item_folders(folder)
    items = _items(path, file, folder / "items", found)
    _check_groups(path, file, {*found, *(item.id for item in items)})
    rendered = tuple(item for item in items if item.split in ("test", "training"))
    if not rendered:
        raise ConfigError(f"{path}: no test or training items; put a folder each into items/")
    return file, rendered


def _item_folders(folder: Path) -> list[str]:
    """The names of the item folders; hidden ones (of editors and file managers) are passed over."""
    root = folder / "items"
    try:
        return sorted(p.name for p in root.iterdir() if p.is_dir() and p.name[0] != ".")
    except OSError:
        raise ConfigError(f"{root}: no such folder; it holds one folder per item") from None


def _items(path: Path, file: DatasetFile, root: Path, found: list[str]) -> list[Item]:
    if file.split is None:
        split = SplitSection.model_construct(test=tuple(found))
        _check_names(path, found)
    else:
        split = file.split
        listed = {name for _, names in split.parts() for name in names}
        unlisted = [name for name in found if name not in listed]
        if unlisted:
            raise ConfigError(
                f"{path}: items/{unlisted[0]} is in no list of [split]; add it to one"
            )
    return [
        Item(name, file.groups.get(name, name), part, root / name)
        for part, names in split.parts()
        for name in names
    ]


def _check_names(path: Path, found: list[str]) -> None:
    for name in found:
        if not re.fullmatch(NAME_PATTERN, name):
            raise ConfigError(
                f"{path.parent / 'items' / name}: rename it; an item's id has only lower-case "
                'letters, digits, ".", "_" and "-" and starts with a letter or digit'
            )


def _check_groups(path: Path, file: DatasetFile, known: set[str]) -> None:
    for name in file.groups:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f'; did you mean "{near[0]}"?' if near else ""
            raise ConfigError(f'{path}: groups: there is no item "{name}"{hint}')
