"""The records of `report.json`: the one source of the HTML, PDF, CSV and LaTeX reports.

Every number is finite or null; a null stands beside words that say why (`notes`, `reason`).
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from .base import Number, Record
from .course import (
    ItemEffect,
    Listening,
    PairContrast,
    StimulusMean,
    Trend,
    TrialPosition,
    TrialTime,
)
from .metrics import MetricDifference, MetricFit, MetricPoint
from .models import (
    AttributeEffect,
    Convergence,
    EffectContrast,
    MarginalMean,
    ModelTest,
    RepeatedAnova,
)
from .subjects import CorrectedMean, Subject
from .tasks import Ability, Confusion, Discrimination, Preference, WordErrors
from .whole_set import DisagreementVerdict, PoweredMeanRecord

SCHEMA_VERSION = 1

Multiplicity = Literal["holm", "hochberg", "dunnett", "benjamini-hochberg"]
Inference = Literal["population", "these_items"]


class Coefficient(Record):
    term: str
    estimate: Number
    se: Number


class RandomDeviation(Record):
    """Standard deviation of a random term: logits in a cumulative model, else scale points."""

    term: str
    sd: Number


class Model(Record):
    """One fitted model. `converged` false: its numbers are null and `notes` say why.

    `primary`: the comparisons with the baseline are its, given enough items.
    """

    id: str
    primary: bool
    scale: str
    family: Literal["cumulative", "gaussian"]
    formula: str
    link: Literal["logit", "identity"]
    n_ratings: int
    n_participants: int
    n_items: int
    log_likelihood: Number
    coefficients: list[Coefficient]
    thresholds: list[Coefficient]
    random: list[RandomDeviation]
    converged: bool
    notes: list[str]
    convergence: Convergence | None = None


class Effect(Record):
    """An effect size with its interval (percentile bootstrap over participants and items)."""

    name: Literal["cliffs_delta", "rank_biserial", "probability_of_superiority"]
    value: Number
    ci_low: Number
    ci_high: Number


class Estimate(Record):
    """A difference with its intervals, in one unit; `ci_adjusted_*` match the adjusted p."""

    estimate: Number
    se: Number
    df: Number
    ci_low: Number
    ci_high: Number
    ci_adjusted_low: Number
    ci_adjusted_high: Number


class Equivalence(Record):
    """Within the smallest effect of interest (`bound`, points): two one-sided tests.

    `ci_low` to `ci_high` is the interval at level 1 − 2 alpha; p_adjusted as for the contrasts.
    """

    bound: float
    p_equivalence: Number
    p_equivalence_adjusted: Number
    p_non_inferiority: Number
    p_non_inferiority_adjusted: Number
    ci_low: Number
    ci_high: Number
    is_equivalent: bool
    is_not_inferior: bool


class Contrast(Record):
    """A system against the baseline; positive = rated higher.

    `method` names the test that speaks, and `unit` what `estimate` and its intervals are in:
    `clmm_t` (the cumulative model, in logits, with the companion's Satterthwaite df),
    `satterthwaite_t` (the linear model, in points), `min_f` (few items, in points: statistic is the
    signed square root of min-F′), `participants_t` or `items_t` (one item or one participant),
    `anytime` (planned sequential stopping: an interval that holds at every look, no p).
    `points` is always in points of the scale; `latent`, `odds_ratio` and `mean_class` are the
    cumulative model's (`mean_class` in points, averaged over participants and items), where it
    passed its check. With fewer than 6 items the latent intervals use min(participants, items) − 1
    degrees of freedom and no p belongs to them.
    """

    model: str
    scale: str
    system: str
    baseline: str
    at: str
    unit: Literal["logits", "points"]
    estimate: Number
    se: Number
    ci_low: Number
    ci_high: Number
    ci_adjusted_low: Number
    ci_adjusted_high: Number
    statistic: Number
    df: Number
    p: Number
    p_adjusted: Number
    adjustment: Multiplicity
    mean_difference: Number
    points: Estimate
    latent: Estimate | None
    odds_ratio: Estimate | None
    mean_class: Estimate | None
    equivalence: Equivalence | None
    effect_sizes: list[Effect]
    inference: Inference
    method: Literal[
        "clmm_t", "satterthwaite_t", "min_f", "participants_t", "items_t", "anytime", "none"
    ]  # fmt: skip
    n_ratings: int
    n_participants: int
    n_items: int
    reason: str


class Sensitivity(Record):
    """The same comparison by another analysis.

    `agrees`: the same decision at alpha and, where significant, the same direction as the contrast;
    null where this analysis gives no p.
    """

    scale: str
    system: str
    analysis: str
    unit: Literal["logits", "points", ""]
    estimate: Number
    ci_low: Number
    ci_high: Number
    p: Number
    p_adjusted: Number
    agrees: bool | None
    reason: str


class Descriptive(Record):
    scale: str
    system: str
    role: str
    n: int
    mean: Number
    sd: Number
    median: Number
    q1: Number
    q3: Number
    ci_low: Number
    ci_high: Number


class Test(Record):
    """A rank test on participants' means; `p_adjusted` is within scale and name."""

    scale: str
    name: Literal["friedman", "wilcoxon", "page"]
    system: str
    baseline: str
    statistic: Number
    df: Number
    p: Number
    p_adjusted: Number
    n: int
    reason: str


Icc = Literal["icc_1_1", "icc_1_k", "icc_a_1", "icc_a_k", "icc_c_1", "icc_c_k"]


class Agreement(Record):
    scale: str
    name: Icc | Literal["krippendorff_alpha_ordinal", "kendall_w", "sos_a", "test_retest_ccc"]
    value: Number
    ci_low: Number
    ci_high: Number
    n_participants: int
    n_stimuli: int
    reason: str


class Listener(Record):
    """A participant against the mean of all others: correlation over n stimuli, and bias, points.

    `correlation` is null where either did not vary; `ci_*` belong to `bias` (Student's t over the
    stimuli).
    """

    scale: str
    participant: str
    n: int
    correlation: Number
    bias: Number
    ci_low: Number = None
    ci_high: Number = None


class Exclusion(Record):
    rule: str
    participants: int
    ratings: int


class Flag(Record):
    """What a screening rule flags. `left_out` only where the study named the rule beforehand.

    `reason` says why a rule could not be applied.
    """

    rule: str
    meaning: str
    participants: int
    ratings: int
    left_out: bool
    reason: str
    who: list[str]


class Plan(Record):
    """`[analysis]` of the study file, and how the analysis deviates from it.

    `digest` is the SHA-256 of that section alone; empty without a study.
    """

    digest: str
    baseline: str
    formula: str
    alpha: float
    exclusions: list[str]
    multiplicity: Multiplicity
    smallest_effect_of_interest: Number
    expected_order: list[str]
    deviations: list[str]


class Flow(Record):
    """How many sessions reached each step, in order."""

    step: str
    sessions: int


class Scale(Record):
    """A rating scale as analysed. `categories` is empty for a continuous scale.

    `chance`: probability that a guess is right, where answers are wrong (0) or right (1).
    """

    id: str
    question: str
    labels: list[str]
    categories: list[float]
    low: float
    high: float
    chance: float = 0.0


class CategoryCount(Record):
    """How many ratings of a system fell in each category of the scale, lowest first."""

    scale: str
    system: str
    counts: list[int]


class ParticipantMean(Record):
    """The mean of one participant's ratings of a system: the raw points of the figures."""

    scale: str
    system: str
    participant: str
    mean: float


class System(Record):
    name: str
    role: str


class Finding(Record):
    """The result of one scale in plain words, what limits it, and which metric agrees with it."""

    scale: str
    sentences: list[str]
    cautions: list[str]
    on_metrics: str
    on_robustness: str
    headline: str = ""


class ReportData(Record):
    """The whole of `report.json`."""

    schema_version: int = SCHEMA_VERSION
    title: str
    study: str
    is_simulated: bool
    alpha: float
    baseline: str
    smallest_effect_of_interest: Number
    n_ratings: int
    n_participants: int
    n_items: int
    first_answer_at: str
    last_answer_at: str
    systems: list[System]
    items: list[str]
    scales: list[Scale]
    notes: list[str]
    findings: list[Finding]
    flow: list[Flow]
    exclusions: list[Exclusion]
    flags: list[Flag]
    plan: Plan
    descriptives: list[Descriptive]
    counts: list[CategoryCount]
    participant_means: list[ParticipantMean]
    models: list[Model]
    contrasts: list[Contrast]
    sensitivity: list[Sensitivity]
    tests: list[Test]
    agreement: list[Agreement]
    listeners: list[Listener]
    metrics: list[MetricFit]
    metric_differences: list[MetricDifference]
    metric_points: list[MetricPoint]
    versions: dict[str, str]
    digests: dict[str, str]
    seed: int
    model_tests: list[ModelTest] = Field(default_factory=list)
    marginal_means: list[MarginalMean] = Field(default_factory=list)
    effect_contrasts: list[EffectContrast] = Field(default_factory=list)
    pairs: list[PairContrast] = Field(default_factory=list)
    stimulus_means: list[StimulusMean] = Field(default_factory=list)
    item_effects: list[ItemEffect] = Field(default_factory=list)
    positions: list[TrialPosition] = Field(default_factory=list)
    times: list[TrialTime] = Field(default_factory=list)
    trends: list[Trend] = Field(default_factory=list)
    listening: list[Listening] = Field(default_factory=list)
    anovas: list[RepeatedAnova] = Field(default_factory=list)
    attributes: list[AttributeEffect] = Field(default_factory=list)
    subjects: list[Subject] = Field(default_factory=list)
    corrected_means: list[CorrectedMean] = Field(default_factory=list)
    preferences: list[Preference] = Field(default_factory=list)
    abilities: list[Ability] = Field(default_factory=list)
    discrimination: list[Discrimination] = Field(default_factory=list)
    word_errors: list[WordErrors] = Field(default_factory=list)
    confusions: list[Confusion] = Field(default_factory=list)
    whole_set: list[PoweredMeanRecord] = Field(default_factory=list)
    disagreement: list[DisagreementVerdict] = Field(default_factory=list)
    minutes: Number = None  # median, from a participant's first page to the last answer
