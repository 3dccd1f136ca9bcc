"""The records of `plan.json`."""

from __future__ import annotations

from ..records.base import Number, Record


class AssumedDeviations(Record):
    """What was assumed to vary, in `unit` (logits or points)."""

    unit: str
    participant: float
    item: float
    participant_system: float
    item_system: float
    residual: float
    source: str
    notes: list[str]


class Needed(Record):
    """The fewest participants for a power with so many items; None: not with the most tried."""

    items: int
    power: float
    participants: int | None


class ModelCheck(Record):
    """The power of one design with the cumulative model that the report will fit."""

    participants: int
    items: int
    studies: int
    failed: int  # fits without a result; they count as not decided
    power: float
    ci_low: float
    ci_high: float
    linear_power: float  # of the same studies by the linear model, which the grid is made of


class ScalePower(Record):
    """One kind of scale. `power[p][i]` belongs to `participants[p]` and `items[i]`."""

    scales: list[str]
    categories: int  # 0: a scale without categories
    effect_points: float
    effect_logits: Number
    assumed: AssumedDeviations
    participants: list[int]
    items: list[int]
    power: list[list[float]]
    needed: list[Needed]
    advised_participants: int | None
    advised_items: int | None
    check: ModelCheck | None


class PowerPlan(Record):
    """The whole plan."""

    aim: str
    bound: float
    bound_source: str
    baseline: str
    systems: int
    comparisons: int
    multiplicity: str
    alpha: float
    target: float
    fewest_items: int  # below it the report decides by min-F′
    study_items: int | None
    studies: int
    seed: int
    simulation_error: float  # standard error of a simulated power of 0.8
    scales: list[ScalePower]
    versions: dict[str, str]
