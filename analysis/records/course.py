"""The records of `report.json` about single stimuli, pairs of systems, order and time."""

from __future__ import annotations

from typing import Literal

from .base import Number, Record


class PairContrast(Record):
    """`system` minus `other`, in points; the test is that of the comparisons with the baseline.

    `p_adjusted` and `ci_adjusted_*` are over all pairs of the scale (`adjustment`); explorative
    wherever the study planned comparisons with the baseline alone.
    """

    scale: str
    system: str
    other: str
    estimate: Number
    ci_low: Number
    ci_high: Number
    ci_adjusted_low: Number
    ci_adjusted_high: Number
    p: Number
    p_adjusted: Number
    adjustment: str
    method: str
    n_participants: int
    n_items: int


class StimulusMean(Record):
    """A system on an item: mean over the participants with its interval (Student's t)."""

    scale: str
    item: str
    system: str
    n: int
    mean: Number
    ci_low: Number
    ci_high: Number


class ItemEffect(Record):
    """How an item is rated beside the others: over the systems, with an interval over participants.

    `deviation`: each rating minus the mean of its system, averaged.
    """

    scale: str
    item: str
    n: int
    deviation: Number
    ci_low: Number
    ci_high: Number


class TrialPosition(Record):
    """How ratings at a position in the test differ from what they are about.

    `deviation`: rating minus the mean of its stimulus and minus the participant's own mean
    deviation, averaged, with an interval over participants; `spread`: its mean absolute value.
    """

    scale: str
    position: int
    n: int
    deviation: Number
    ci_low: Number
    ci_high: Number
    spread: Number


class TrialTime(Record):
    """Seconds from a page's first view to its last answer, by position: median and quartiles."""

    position: int
    n: int
    seconds: Number
    q1: Number
    q3: Number


class Trend(Record):
    """Change per trial: the mean of the participants' own slopes, with Student's t over them."""

    scale: str  # empty for seconds
    quantity: Literal["rating", "spread", "seconds"]
    per_trial: Number
    ci_low: Number
    ci_high: Number
    p: Number
    n_participants: int


class Listening(Record):
    """How long a system's versions were audible before they were rated, and how often started."""

    system: str
    n: int
    listened_s: Number  # median
    q1: Number
    q3: Number
    plays: Number  # mean
