"""What the engine knows of an item, and what a system is handed of it."""

from __future__ import annotations

import math
from dataclasses import dataclass

from earwitness.stimuli.audio import Signal
from earwitness.stimuli.dataset import Dataset, Item
from earwitness.stimuli.errors import DataError
from earwitness.stimuli.level import gain, integrated_loudness_lufs

from .adapters.interface import ItemInputs, ItemReference

STEM_LOUDNESS_LUFS = -23.0


@dataclass(frozen=True)
class ItemState:
    """One item of the plan, as it was found on disk.

    Attributes:
        digest: SHA-256 over its files and what the dataset says about them.
        channels, frames: shape of its reference, which every rendering must have.
        reason: why it cannot be used; empty if it can.
    """

    dataset: Dataset
    item: Item
    digest: str
    channels: int
    frames: int
    reason: str

    @property
    def is_scored(self) -> bool:
        """Training items are rendered only."""
        return self.item.split == "test"


def item_inputs(dataset: Dataset, item: Item, *, with_reference: bool) -> ItemInputs:
    """Read an item as a system gets it: stems of a mix at −23 LUFS, other audio as it is.

    Raises:
        DataError: a file is missing or unusable, a stem has no loudness, or the reference has
            another length than the audio inputs.
    """
    signals = dataset.audio_inputs(item)
    audio = {name: signal.samples for name, signal in signals.items()}
    stems = audio if dataset.task == "mix" else {}
    reference = dataset.reference_audio(item)
    for name, samples in audio.items():
        if samples.shape[1] != reference.frames:
            raise DataError(
                f"{item.folder}: {name} has {samples.shape[1]} frames, "
                f"the reference {reference.frames}"
            )
    if dataset.task == "mix":
        audio = {name: _levelled(item, name, signal).samples for name, signal in signals.items()}
    return ItemInputs(
        item=item.id,
        group=item.group,
        task=dataset.task,
        rate=dataset.rate,
        audio=audio,
        arrays=dataset.array_inputs(item),
        reference=ItemReference(reference.samples, stems) if with_reference else None,
    )


def _levelled(item: Item, name: str, stem: Signal) -> Signal:
    loudness_lufs = integrated_loudness_lufs(stem)
    if not math.isfinite(loudness_lufs):
        raise DataError(f"{item.folder}: {name} is too quiet or too short to have a loudness")
    return gain(stem, STEM_LOUDNESS_LUFS - loudness_lufs)
