"""Pairs of one shape as padded tensors, with every derived view made once and shared.

A `View` is what a metric sees: both signals after the level, channel and rate policies of its
facts. Two metrics with the same policies get the same view, and what they `memo` on it.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import torch
from torch import Tensor

from earwitness.stimuli.audio import Signal
from earwitness.stimuli.schema import Status

from .checks import SILENCE_PEAK
from .facts import STEMS, Facts, Pair
from .loudness import CHANNEL_WEIGHTS, Hops, hop_frames, hop_powers
from .meter import integrated_loudness_lufs
from .resample import resample

T = TypeVar("T")

# Samples of one side that a metric takes at once: some systems of one item, which share its
# reference. That saves more than smaller parts would by staying in the cache.
CHUNK_SAMPLES = {"cpu": 2**22, "cuda": 2**27}


@dataclass(frozen=True, eq=False)
class Gap:
    """Rows (bool per pair) that have no value, and why."""

    rows: Tensor
    reason: str
    status: Status = "failed"


@dataclass(frozen=True, eq=False)
class Scores:
    """What a torch metric gives back: float64 per pair, and the rows that have none."""

    values: Tensor
    gaps: tuple[Gap, ...] = ()


class Memo:
    """Keeps what was computed from an object for as long as the object lives."""

    def __init__(self) -> None:
        self._kept: dict[Hashable, Any] = {}

    def memo(self, key: Hashable, make: Callable[[], T]) -> T:
        """The value under `key`, made at the first call."""
        if key not in self._kept:
            self._kept[key] = make()
        kept: T = self._kept[key]
        return kept


class View(Memo):
    """Both sides of a batch: pair × channel × frame, zero beyond `lengths` frames.

    Samples are float32, as they were read; float64 where they were resampled. Pairs of one owner
    have the same reference (the systems of an item), so what is computed from it is computed once.
    """

    def __init__(
        self,
        estimate: Tensor,
        reference: Tensor,
        lengths: Tensor,
        rate: int,
        gaps: tuple[Gap, ...] = (),
        owners: Sequence[int] | None = None,
    ) -> None:
        super().__init__()
        self.estimate = estimate
        self.reference = reference
        self.lengths = lengths
        self.rate = rate
        self.gaps = gaps
        self.owners = range(len(lengths)) if owners is None else owners

    def derived(self, estimate: Tensor, reference: Tensor, gaps: tuple[Gap, ...]) -> View:
        """The same pairs with other samples at the same rate."""
        return View(estimate, reference, self.lengths, self.rate, gaps, self.owners)

    def distinct(self) -> tuple[Tensor, Tensor]:
        """(rows of the first pair of each owner, place of each pair's owner among them)."""
        place = {owner: number for number, owner in enumerate(dict.fromkeys(self.owners))}
        back = [place[owner] for owner in self.owners]
        rows = [back.index(number) for number in range(len(place))]
        found = (torch.tensor(index, device=self.lengths.device) for index in (rows, back))
        first, places = found
        return first, places

    def of_reference(self, make: Callable[[Tensor, Tensor], Tensor]) -> Tensor:
        """What `make(samples, lengths)` gives for each pair's reference, made once for each."""
        rows, back = self.distinct()
        if len(rows) == len(back):
            return make(self.reference, self.lengths)
        return make(self.reference[rows], self.lengths[rows])[back]

    def chunks(self) -> Iterator[View]:
        """The pairs in turn, few enough that what is computed from them stays in the cache."""
        limit = CHUNK_SAMPLES[self.lengths.device.type]
        step = max(1, limit // self.reference[0].numel())
        for first in range(0, len(self.lengths), step):
            rows = slice(first, first + step)
            sides = self.estimate[rows], self.reference[rows]
            yield View(*sides, self.lengths[rows], self.rate, owners=self.owners[rows])


class Batch(Memo):
    """Pairs of equal rate and channel count on one device."""

    def __init__(self, pairs: Sequence[Pair], device: str) -> None:
        super().__init__()
        self.size = len(pairs)
        self._pairs = pairs
        self._device = device
        self._raw = _view([(p.estimate, p.reference) for p in pairs], device)

    def view(self, facts: Facts) -> View:
        """The signals as `facts` wants them."""
        return _adapted(self._raw, facts)

    def stems(self, facts: Facts) -> dict[str, View]:
        """Stem name → view, for pairs whose stems were found comparable."""
        return {
            name: _adapted(self.memo(name, functools.partial(self._stem, name)), facts)
            for name in STEMS
        }

    def _stem(self, name: str) -> View:
        sides = [(p.estimate_stems[name], p.reference_stems[name]) for p in self._pairs]
        return _view(sides, self._device)


def each_side(
    view: View, key: Hashable, measure: Callable[[Tensor, Tensor, int], Tensor]
) -> tuple[Tensor, Tensor]:
    """What `measure(samples, lengths, rate)` finds per pair for (estimate, reference), kept."""

    def make() -> tuple[Tensor, Tensor]:
        found = [
            (
                measure(chunk.estimate, chunk.lengths, chunk.rate),
                chunk.of_reference(lambda samples, lengths: measure(samples, lengths, view.rate)),
            )
            for chunk in view.chunks()
        ]
        estimate, reference = (torch.cat(side) for side in zip(*found, strict=True))
        return estimate, reference

    return view.memo(key, make)


def hops(view: View) -> tuple[Hops, Hops]:
    """K-weighted hops of (estimate, reference): the one source of every loudness reading.

    Raises:
        ValueError: a channel count without weights in the standard.
    """
    frames, per_100_ms = hop_frames(view.rate)
    sides = each_side(view, "hops", lambda *clips: hop_powers(*clips).powers)
    estimate, reference = (Hops(powers, view.lengths // frames, per_100_ms) for powers in sides)
    return estimate, reference


def loudness_lufs(view: View) -> tuple[Tensor, Tensor]:
    """Integrated loudness of (estimate, reference), LUFS per pair; NaN without channel weights."""

    def measure() -> tuple[Tensor, Tensor]:
        if view.estimate.shape[1] not in CHANNEL_WEIGHTS:
            unknown = torch.full_like(view.lengths, torch.nan, dtype=torch.float64)
            return unknown, unknown
        estimate, reference = (integrated_loudness_lufs(side) for side in hops(view))
        return estimate, reference

    return view.memo("loudness", measure)


def unmeasurable(view: View, of: str = "") -> tuple[Gap, ...]:
    """The pairs of which a side has no integrated loudness (`of` extends its name)."""
    channels = view.estimate.shape[1]
    return tuple(
        Gap(
            ~torch.isfinite(level),
            f"the {side}{of} has no 400 ms above −70 LUFS"
            if channels in CHANNEL_WEIGHTS
            else f"BS.1770 gives no channel weights for {channels} channels",
        )
        for side, level in zip(("estimate", "reference"), loudness_lufs(view), strict=True)
    )


def _view(sides: Sequence[tuple[Signal, Signal]], device: str) -> View:
    lengths = [reference.frames for _, reference in sides]
    padded = np.zeros((2, len(sides), sides[0][1].channels, max(lengths)), dtype=np.float32)
    for row, pair in enumerate(sides):
        for side, signal in enumerate(pair):
            padded[side, row, :, : signal.frames] = signal.samples
    estimate, reference = torch.from_numpy(padded).to(device)
    owners = [id(reference) for _, reference in sides]
    known_lengths = torch.tensor(lengths, device=device)
    return View(estimate, reference, known_lengths, sides[0][1].rate, owners=owners)


def _adapted(raw: View, facts: Facts) -> View:
    """`raw` under the facts' policies, each step kept for the next metric.

    A view never keeps itself: freed at once, and not when the garbage collector finds it, batches
    take the same memory however many there are.
    """
    level, channels, rate = facts.level, facts.channels, facts.rate_hz or raw.rate
    view = raw if level == "as_is" else raw.memo(("level", level), lambda: _matched(raw))
    is_mixed = channels == "all" or view.estimate.shape[1] == 1
    mixed = view if is_mixed else view.memo(("channels", channels), lambda: _mixed(view))
    if rate == mixed.rate:
        return mixed
    return mixed.memo(("rate", rate), lambda: _resampled(mixed, rate))


def _matched(view: View) -> View:
    """Estimates at the loudness of their references."""
    estimate_lufs, reference_lufs = loudness_lufs(view)
    difference_db = torch.nan_to_num(reference_lufs - estimate_lufs, 0.0, 0.0, 0.0)
    gain = (10.0 ** (difference_db / 20.0)).to(view.estimate.dtype)
    matched = view.estimate * gain[:, None, None]
    gaps = (*view.gaps, *unmeasurable(view))
    return view.derived(matched, view.reference, gaps)


def _mixed(view: View) -> View:
    estimate = view.estimate.mean(1, keepdim=True)
    reference = view.of_reference(lambda samples, _: samples.mean(1, keepdim=True))
    gaps = tuple(
        Gap(mono.abs().amax((1, 2)) < SILENCE_PEAK, f"the channels of the {side} cancel out")
        for side, mono in (("estimate", estimate), ("reference", reference))
    )
    return view.derived(estimate, reference, (*view.gaps, *gaps))


def _resampled(view: View, rate: int) -> View:
    estimate, lengths = resample(view.estimate, view.lengths, view.rate, rate)
    reference = view.of_reference(
        lambda samples, lengths: resample(samples, lengths, view.rate, rate)[0]
    )
    return View(estimate, reference, lengths, rate, view.gaps, view.owners)
