"""Dataset folders (DESIGN §4): `dataset.toml`, and a folder per item with inputs and reference.

`load_dataset` checks what the TOML file says; audio and arrays are checked when an item is read, so
that one broken item never stops the others.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .array import ARRAY_SUFFIXES, Array, read_array
from .audio import AUDIO_SUFFIXES, Samples, Signal, read_audio
from .dataset_file import Item, Task, read_dataset_file
from .errors import DataError

__all__ = ["Array", "Dataset", "Item", "Task", "load_dataset", "sum_of"]

# Peaks below this leave nothing above the absolute gate of BS.1770-5 (−70 LUFS): no level to match.
SILENT_BELOW_DBFS = -70.0


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


def load_dataset(folder: Path) -> Dataset:
    """Read and check `folder/dataset.toml` (see `read_dataset_file`).

    Raises:
        ConfigError: the file is wrong, or there are no items.
    """
    file, items = read_dataset_file(folder)
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
        items=items,
    )


def sum_of(stems: list[Samples]) -> Samples:
    """The sum of stems of one shape, in float32 and in the order given."""
    total = stems[0].copy()
    for stem in stems[1:]:
        total += stem
    return total


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
