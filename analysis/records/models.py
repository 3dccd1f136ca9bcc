"""The records of what a model says beyond its coefficients: tests, marginal means, contrasts."""

from __future__ import annotations

from typing import Literal

from .base import Number, Record


class Convergence(Record):
    """How the search for the maximum ended, of a cumulative model.

    `max_gradient`: of the log-likelihood; `decrement`: squared distance to the maximum in standard
    errors; `condition_number`: of the information, scaled to a unit diagonal; `dropped`: random
    terms whose variance is zero; `second_start_difference`: what another start gains.
    """

    max_gradient: Number
    decrement: Number
    condition_number: Number
    evaluations: int
    dropped: list[str]
    second_start_difference: Number


class ModelTest(Record):
    """A test of a part of a model.

    `term`: of an effect, after all terms that do not contain it (type II). `proportional_odds`:
    whether the effects of `term` are the same at every cut point. `likelihood_ratio` has χ² on
    `df`, `satterthwaite_f` F on `df` and `df_residual`.
    """

    model: str
    scale: str
    kind: Literal["term", "proportional_odds"]
    term: str
    method: Literal["likelihood_ratio", "satterthwaite_f"]
    statistic: Number
    df: Number
    df_residual: Number
    p: Number
    reason: str


class MeanEstimate(Record):
    """A number with its interval at level 1 − alpha, not adjusted."""

    estimate: Number
    se: Number
    df: Number
    ci_low: Number
    ci_high: Number


class MarginalMean(Record):
    """The mean at some levels, the other factors at equal weights and numbers at their means.

    `latent` is in logits from the average cut point, `mean_class` in points, averaged over
    participants and items (both of the cumulative model); `points` of the linear model.
    """

    scale: str
    term: str
    at: dict[str, str]
    latent: MeanEstimate | None
    mean_class: MeanEstimate | None
    points: MeanEstimate | None


class EffectContrast(Record):
    """A difference between levels, or for an interaction a difference of such differences.

    `contrast` says which: `expertise[pro] − expertise[novice]`; per unit of a number. `unit`,
    `estimate` and so on as in the comparisons with the baseline; `p_adjusted` is over the
    contrasts of a term. `odds_ratio` belongs to `latent`.
    """

    model: str
    scale: str
    term: str
    contrast: str
    unit: Literal["logits", "points"]
    estimate: Number
    se: Number
    df: Number
    ci_low: Number
    ci_high: Number
    statistic: Number
    p: Number
    p_adjusted: Number
    odds_ratio: MeanEstimate | None
    points: MeanEstimate | None
    reason: str


class RepeatedAnova(Record):
    """Analysis of variance on the means of participants who rated every system.

    `p_gg` and `p_hf` after Greenhouse & Geisser and Huynh & Feldt; `multivariate_*` is Hotelling's
    test; `recommended` follows ITU-R BS.1534-3, Attachment 4. `ci_*` belong to partial η².
    Residual skewness beyond ±0.5 is worth a look, beyond ±1 speaks against the test.
    """

    scale: str
    n_participants: int
    statistic: Number
    df: Number
    df_error: Number
    p: Number
    epsilon_gg: Number
    p_gg: Number
    epsilon_hf: Number
    p_hf: Number
    mauchly_w: Number
    mauchly_p: Number
    multivariate_f: Number
    multivariate_p: Number
    recommended: Literal["huynh_feldt", "multivariate"]
    partial_eta_squared: Number
    ci_low: Number
    ci_high: Number
    residual_skewness: Number


class AttributeEffect(Record):
    """What one point more on an attribute goes with on the overall scale, the others held.

    `unit`, `estimate` and so on as in the comparisons; `points` of the linear model; `standardised`
    in standard deviations; `variance_inflation` above 5: it says much the same as the others.
    """

    scale: str
    attribute: str
    unit: Literal["logits", "points"]
    estimate: Number
    se: Number
    ci_low: Number
    ci_high: Number
    p: Number
    p_adjusted: Number
    points: MeanEstimate | None
    standardised: Number
    variance_inflation: Number
    n: int
