"""The vocabulary of a metric: what it declares, what it compares, what it gives back.

Conventions: audio is float32, `channel × frame`, full scale ±1.0; rates in Hz. This module knows
no torch, so that a worker process which only runs C code starts at once.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from typing import Literal

from earwitness.stimuli.audio import Signal
from earwitness.stimuli.schema import Direction, Status

Level = Literal["as_is", "matched"]
Channels = Literal["all", "mono"]
Needs = Literal["pair", "estimate", "stems", "set", "item_of_set"]
Resource = Literal["torch", "process"]

STEMS = ("lead", "backing")  # of task mix
RESAMPLER = "polyphase Kaiser FIR, 60 dB rejection, 10 % roll-off, zero phase (Octave `resample`)"
NO_ALIGNMENT = "none: frames are compared where they lie"


def package_version(name: str) -> str:
    """The installed version of a distribution; empty where there is none."""
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What a metric declares; documentation, manifest and report are generated from it.

    Attributes:
        id: lower snake case, ending in the unit where there is one.
        title: the name in plots and tables.
        unit: of the value; empty for a ratio without one.
        low: smallest possible value, None where unbounded.
        high: largest possible value, None where unbounded.
        direction: `higher` or `lower` is better; empty for a descriptor.
        level: `as_is`, or `matched` (the estimate is first brought to the reference's integrated
            loudness).
        channels: `all` (every channel enters) or `mono` (the mean of the channels is compared).
        rate_hz: the rate that both signals are brought to; None keeps their own.
        tasks: the tasks that it has a meaning for; None for all.
        needs: `pair` (two signals), `estimate` (the reference is not looked at), `stems` (lead and
            backing of both), or the embeddings of all items of a dataset
            (`earwitness.evaluation.sets`): `set` gives one value for all, `item_of_set` one for
            each item.
        resource: `torch` (batched on the device) or `process` (C code in a worker process).
        citation: paper or standard that defines it.
        version: raised whenever a value may change; stored with every score.
        description: what it tells, its parameters and the cases that it refuses.
        delay: what is done about a delay between estimate and reference.
        measures_level: the value is about the level itself, so it means nothing where the
            evaluation set that level.
        min_rate_hz: signals of a lower rate lack the band that it is defined for.
        min_channels: signals with fewer lack what it compares.
        shortest_s: a shorter item is not applicable.
        longest_s: a longer item is not applicable.
        parameters: (name with its unit, value) of what one may want to choose otherwise.
        validated_for: the kinds of sound and distortion for which studies compared it with
            listeners; empty for a measurement that claims nothing about them.
        validated_tasks: the tasks whose systems distort in those ways; elsewhere reports warn.
        packages: distributions that it needs besides torch, numpy and scipy.
        install: the command that installs them.
        has_chance: a similarity that unrelated signals reach by chance, so that a value stands
            beside the level that permuted pairings reach (`chance.py`).
    """

    id: str
    title: str
    unit: str
    low: float | None
    high: float | None
    direction: Direction
    level: Level
    channels: Channels
    citation: str
    version: str
    description: str
    rate_hz: int | None = None
    tasks: tuple[str, ...] | None = None
    needs: Needs = "pair"
    resource: Resource = "torch"
    delay: str = NO_ALIGNMENT
    measures_level: bool = False
    min_rate_hz: int | None = None
    min_channels: int = 1
    shortest_s: float = 0.0
    longest_s: float = math.inf
    parameters: tuple[tuple[str, float], ...] = ()
    validated_for: str = ""
    validated_tasks: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    install: str = ""
    has_chance: bool = False

    @property
    def resampler(self) -> str:
        """How signals come to `rate_hz`."""
        return "none" if self.rate_hz is None else RESAMPLER

    @property
    def is_of_sets(self) -> bool:
        """Whether it compares embeddings of whole datasets rather than pairs of signals."""
        return self.needs in ("set", "item_of_set")

    @property
    def lacking(self) -> str:
        """Why it cannot be computed here; empty if it can."""
        absent = [name for name in self.packages if not package_version(name)]
        if not absent:
            return ""
        return f"needs {' and '.join(absent)}, not installed: {self.install}"


@dataclass(frozen=True, eq=False, kw_only=True)
class Pair:
    """One system's rendering of one item beside its reference.

    `level_is_given` is true where the harness, not the system, set the level of the estimate.
    """

    system: str
    item: str
    task: str
    estimate: Signal
    reference: Signal
    estimate_stems: Mapping[str, Signal] = field(default_factory=dict)
    reference_stems: Mapping[str, Signal] = field(default_factory=dict)
    level_is_given: bool = False


@dataclass(frozen=True)
class Outcome:
    """One score or the reason why there is none; `value` is finite or None."""

    value: float | None
    status: Status
    reason: str
    seconds: float


class Unscorable(Exception):  # noqa: N818 - not an error of the program: a typed missing value
    """Raised by a `process` metric for a pair that it has no value for; the text is the reason."""
