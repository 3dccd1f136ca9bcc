"""Records of what goes beyond the rated, representative items."""

from __future__ import annotations

from .base import Number, Record


class PoweredMeanRecord(Record):
    """A system's mean rating over all items that the metric scored (prediction-powered).

    `extra_items`: how many more rated items the plain mean would need to be as sure about items;
    negative where the metric does not help. Without numbers `reason` says why.
    """

    scale: str
    system: str
    metric: str
    rated_items: int
    unrated_items: int
    estimate: Number
    se: Number
    df: Number
    ci_low: Number
    ci_high: Number
    plain: Number
    extra_items: Number
    reason: str


class DisagreementVerdict(Record):
    """Whom the listeners sided with on an item that was chosen because metrics disagree on it.

    It is in no mean or comparison. `agreeing` are the metrics whose sign is that of the listeners'
    difference, `opposing` the others; both are empty where the interval includes zero.
    """

    scale: str
    item: str
    system: str
    baseline: str
    difference: Number
    ci_low: Number
    ci_high: Number
    n_participants: int
    agreeing: list[str]
    opposing: list[str]
