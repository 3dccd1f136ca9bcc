"""The records of `comparison.json`: two reports beside each other."""

from __future__ import annotations

from .base import Number, Record


class Side(Record):
    """One of the two reports.

    `minutes`: median over the participants from the first page to the last answer.
    """

    title: str
    is_simulated: bool
    baseline: str
    n_participants: int
    n_items: int
    n_ratings: int
    left_out: int
    minutes: Number
    seconds_per_trial: Number
    plan_digest: str
    ratings_digest: str
    version: str


class EffectChange(Record):
    """A system against the baseline in both, in points, and second minus first.

    The participants are taken as different people: SE² is the sum of both, df Welch's; where both
    rated the same items this is cautious. `p_adjusted` by Holm over the systems of a scale.
    """

    scale: str
    system: str
    first: Number
    first_low: Number
    first_high: Number
    second: Number
    second_low: Number
    second_high: Number
    difference: Number
    ci_low: Number
    ci_high: Number
    df: Number
    p: Number
    p_adjusted: Number
    reason: str


class MeanPair(Record):
    """A system's mean rating in both. Means of two tests need not be on one scale of use."""

    scale: str
    system: str
    first: Number
    second: Number
    first_n: int
    second_n: int


class AgreementPair(Record):
    scale: str
    name: str
    first: Number
    second: Number


class MetricPair(Record):
    """Spearman's ρ of a metric with the ratings in both, reference and anchors left out."""

    scale: str
    metric: str
    first: Number
    second: Number


class OrderAgreement(Record):
    """Kendall's τ of the systems' mean ratings in both."""

    scale: str
    tau: Number
    n_systems: int


class ComparisonData(Record):
    """The whole of `comparison.json`."""

    schema_version: int = 1
    first: Side
    second: Side
    alpha: float
    notes: list[str]
    sentences: list[str]
    effects: list[EffectChange]
    means: list[MeanPair]
    orders: list[OrderAgreement]
    agreement: list[AgreementPair]
    metrics: list[MetricPair]
