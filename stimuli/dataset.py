"""Dataset folders (DESIGN §4): `dataset.toml`, and a folder per item with inputs and reference.

`load_dataset` checks what the TOML file says; audio and arrays are checked when an item is read, so
that one broken item never stops the others.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Self

import numpy as np
from pydantic import Field, model_validator

from .array import ARRAY_SUFFIXES, Array, read_array
from .audio import AUDIO_SUFFIXES, MAX_RATE, MIN_RATE, Samples, Signal, read_audio
from .errors import ConfigError, DataError
from .study_pages import Name
from .tomlfile import NAME_PATTERN, Section, load_toml

__all__ = ["Array", "Dataset", "Item", "load_dataset", "sum_of"]

Split = Literal["train", "validation", "test", "training"]
Task = Literal["mix", "speech", "style"]

# Peaks below this leave nothing above the absolute gate of BS.1770-5 (−70 LUFS): no level to match.
SILENT_BELOW_DBFS = -70.0


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


@dataclass(frozen=True)
class Dataset:
    """A dataset folder: `items` are the test and then the training items, in a stable order."""

    name: str
    task: Task
    rate: int
    inputs: tuple[str, ...]
    reference: str
    baseline: str
    licence: str
    may_publish: bool
    folder: Path
    items: tuple[Item, ...]

    def audio_inputs(self, item: Item) -> dict[str, Signal]:
        """The inputs that are audio, as on disk, in the order of `inputs`.

        Raises:
            DataError: a file is missing, unreadable, at another rate, not finite or silent, or the
                stems of a mix differ in length or channels.
        """
        signals = {
            name: self._read_audio(path)
            for name, path in self._input_files(item).items()
            if path.suffix in AUDIO_SUFFIXES
        }
        if self.task == "mix":
            if len(signals) != len(self.inputs):
                raise DataError(f"{item.folder}: the stems of a mix must be audio files")
            _refuse_unequal(item, signals)
        return signals

    def array_inputs(self, item: Item) -> dict[str, Array]:
        """The inputs that are arrays (`.npz`, `.h5`), in the order of `inputs`.

        Raises:
            DataError: a file is missing, unreadable or not an array as `read_array` wants it.
        """
        return {
            name: read_array(path)
            for name, path in self._input_files(item).items()
            if path.suffix in ARRAY_SUFFIXES
        }

    def reference_audio(self, item: Item) -> Signal:
        """What the item should sound like: its reference file, or the sum of its stems.

        Raises:
            DataError: as `audio_inputs`; or the sum of the stems is silent.
        """
        if self.reference != "sum":
            path = _find(item, self.reference, AUDIO_SUFFIXES)
            return self._read_audio(path)
        stems = self.audio_inputs(item)
        mix = sum_of([stems[name].samples for name in self.inputs])
        if _is_silent(mix):
            raise DataError(f"{item.folder}: the stems cancel each other; their sum is silent")
        return Signal(mix, self.rate)

    def files(self, item: Item) -> list[Path]:
        """The item's files that exist, sorted: what a digest of the item must cover."""
        names = {*self.inputs, self.reference}
        return sorted(path for name in names for path in _candidates(item, name))

    def _input_files(self, item: Item) -> dict[str, Path]:
        return {name: _find(item, name, AUDIO_SUFFIXES + ARRAY_SUFFIXES) for name in self.inputs}

    def _read_audio(self, path: Path) -> Signal:
        signal = read_audio(path, rate=self.rate)
        if _is_silent(signal.samples):
            raise DataError(f"{path}: silent (peak below {SILENT_BELOW_DBFS:.0f} dBFS)")
        return signal


def sum_of(stems: list[Samples]) -> Samples:
    """The sum of stems of one shape, in float32 and in the order given."""
    total = stems[0].copy()
    for stem in stems[1:]:
        total += stem
    return total


def load_dataset(folder: Path) -> Dataset:
    """Read and check `folder/dataset.toml`.

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
    return Dataset(
        name=file.name,
        task=file.task,
        rate=file.rate,
        inputs=file.inputs,
        reference=file.reference,
        baseline=file.baseline or "",
        licence=file.licence,
        may_publish=file.may_publish,
        folder=folder,
        items=rendered,
    )


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


def _candidates(item: Item, name: str) -> list[Path]:
    suffixes = AUDIO_SUFFIXES + ARRAY_SUFFIXES
    return [p for suffix in suffixes if (p := item.folder / f"{name}{suffix}").is_file()]


def _find(item: Item, name: str, suffixes: tuple[str, ...]) -> Path:
    """The one file of an item that is called `name`."""
    found = [path for path in _candidates(item, name) if path.suffix in suffixes]
    if not found:
        wanted = ", ".join(suffixes)
        raise DataError(f"{item.folder / name}: no such file with one of the endings {wanted}")
    if len(found) > 1:
        names = ", ".join(path.name for path in found)
        raise DataError(f"{item.folder}: {names}: keep only one of these")
    return found[0]


def _is_silent(samples: Samples) -> bool:
    return bool(np.abs(samples).max() < 10.0 ** (SILENT_BELOW_DBFS / 20.0))


def _refuse_unequal(item: Item, signals: dict[str, Signal]) -> None:
    shapes = {name: (signal.channels, signal.frames) for name, signal in signals.items()}
    if len(set(shapes.values())) > 1:
        told = ", ".join(f"{name} {c} × {n}" for name, (c, n) in shapes.items())
        raise DataError(f"{item.folder}: stems differ in channels × frames: {told}")
