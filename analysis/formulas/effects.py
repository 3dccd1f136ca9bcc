"""What the formula's terms say: marginal means, and differences between levels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..arrays import Floats
from ..comparisons.family import FEWEST_ITEMS, Family, Tested, correlation_of, tested
from ..linear.minf import t_interval
from ..models import Fits
from ..ordinal.effects import latent_means, mean_answers
from ..records.models import EffectContrast, MarginalMean, MeanEstimate
from ..records.report import Estimate, Plan
from .combinations import Cell, Difference, cells_of, differences_of, pairs_of
from .design import FixedDesign, level_text

FEW = f"fewer than {FEWEST_ITEMS} items: a p would be too small"

Term = tuple[str, ...]


def marginal_means(fits: Fits, scale: str, plan: Plan) -> list[MarginalMean]:
    """The means of each term of up to two factors, where a model passed its check."""
    fixed = fits.fixed
    if fixed is None or (fits.ordinal is None and fits.linear is None):
        return []
    return [
        MarginalMean(
            scale=scale, term=":".join(term),
            at={name: level_text(level) for name, level in cell.at.items()},
            latent=_latent_mean(fits, cell, plan.alpha),
            mean_class=_mean_class(fits, cell, plan.alpha),
            points=_points_mean(fits, cell, plan.alpha),
        )
        for term in fixed.columns
        for cell in cells_of(fixed, term)
        if cell.weights is not None
    ]  # fmt: skip


def _latent_mean(fits: Fits, cell: Cell, alpha: float) -> MeanEstimate | None:
    if fits.ordinal is None or cell.weights is None:
        return None
    found = latent_means(fits.ordinal, cell.weights[None])
    return _mean(found.estimates[0], found.standard_errors[0], _mean_df(fits, cell.weights), alpha)


def _mean_class(fits: Fits, cell: Cell, alpha: float) -> MeanEstimate | None:
    if fits.ordinal is None or cell.weights is None:
        return None
    share = np.full((1, len(cell.rows)), 1 / len(cell.rows))
    found = mean_answers(fits.ordinal, cell.rows, integrate=True).combine(share)
    return _mean(found.estimates[0], found.standard_errors[0], _mean_df(fits, cell.weights), alpha)


def _points_mean(fits: Fits, cell: Cell, alpha: float) -> MeanEstimate | None:
    if fits.linear is None or cell.weights is None:
        return None
    return _mean(*fits.linear.combination(np.concatenate([[1.0], cell.weights])), alpha)


def _mean_df(fits: Fits, weights: Floats) -> float:
    """The companion's, else on the safe side."""
    if fits.linear is not None:
        return fits.linear.combination(np.concatenate([[1.0], weights]))[2]
    return _fewest(fits)


def _fewest(fits: Fits) -> float:
    counts = fits.ratings["participant"].nunique(), fits.ratings["item"].nunique()
    return max(min(counts) - 1.0, 1.0)


def _mean(estimate: float, se: float, df: float, alpha: float) -> MeanEstimate:
    low, high = t_interval(float(estimate), float(se), df, alpha)
    return MeanEstimate(estimate=estimate, se=se, df=df, ci_low=low, ci_high=high)


def effect_contrasts(fits: Fits, scale: str, plan: Plan) -> list[EffectContrast]:
    """Differences between the levels of every term but `system`, which the comparisons have."""
    fixed = fits.fixed
    if fixed is None or (fits.ordinal is None and fits.linear is None):
        return []
    return [
        record
        for term in fixed.columns
        if term != ("system",)
        for record in _of_term(fits, scale, ":".join(term), _differences(fixed, term), plan)
    ]


def _differences(fixed: FixedDesign, term: Term) -> list[Difference]:
    """All pairs of a single factor's levels; of an interaction each level against the first."""
    if len(term) == 1 and fixed.variables[term[0]].levels:
        return pairs_of(fixed, term[0])
    return differences_of(fixed, term)


def _of_term(
    fits: Fits, scale: str, term: str, differences: Sequence[Difference], plan: Plan
) -> list[EffectContrast]:
    known = [d for d in differences if d.weights is not None]
    weights = np.array([d.weights for d in known])
    if not len(weights):
        return []
    points = _points_family(fits, weights)
    latent = _latent_family(fits, weights, points)
    spoken = latent if latent is not None else points
    if spoken is None:
        return []
    few = fits.ratings["item"].nunique() < FEWEST_ITEMS
    found = tested(spoken, plan.multiplicity, plan.alpha)
    in_points = tested(points, plan.multiplicity, plan.alpha) if points else None
    family = "cumulative" if latent is not None else "gaussian"
    model = next((record.id for record in fits.records if record.family == family), "")
    return [
        EffectContrast.model_validate(
            {
                "model": model, "scale": scale, "term": term, "contrast": difference.words,
                "unit": "logits" if latent is not None else "points",
                "statistic": found.statistics[k], "p": None if few else found.p[k],
                "p_adjusted": None if few else found.p_adjusted[k],
                "odds_ratio": _odds(found.intervals[k]) if latent is not None else None,
                "points": _plain(in_points, k), "reason": FEW if few else "",
            }
            | found.intervals[k].model_dump(include={"estimate", "se", "df", "ci_low", "ci_high"})
        )
        for k, difference in enumerate(known)
    ]  # fmt: skip


def _points_family(fits: Fits, weights: Floats) -> Family | None:
    model = fits.linear
    if model is None:
        return None
    padded = np.column_stack([np.zeros(len(weights)), weights])
    rows = np.array([model.combination(row) for row in padded])
    return Family(rows[:, 0], rows[:, 1], rows[:, 2], ["satterthwaite_t"] * len(rows),
                  correlation_of(padded, model.covariance))  # fmt: skip


def _latent_family(fits: Fits, weights: Floats, points: Family | None) -> Family | None:
    model = fits.ordinal
    if model is None:
        return None
    rows = np.array([model.combination(row) for row in weights])
    df = points.df if points is not None else np.full(len(rows), _fewest(fits))
    if fits.linear is not None:
        padded = np.column_stack([np.zeros(len(weights)), weights])
        rows[:, 1] *= [fits.linear.restriction(row) for row in padded]
    part = slice(len(model.data.cuts.names), len(model.data.parameter_names))
    return Family(rows[:, 0], rows[:, 1], df, ["clmm_t"] * len(rows),
                  correlation_of(weights, model.covariance[part, part]))  # fmt: skip


def _plain(found: Tested | None, k: int) -> MeanEstimate | None:
    if found is None:
        return None
    record = found.intervals[k]
    return MeanEstimate(estimate=record.estimate, se=record.se, df=record.df,
                        ci_low=record.ci_low, ci_high=record.ci_high)  # fmt: skip


def _odds(logits: Estimate) -> MeanEstimate:
    """The odds of a higher answer, times this; `se` stays in logits."""
    low, middle, high = (
        None if value is None or value > 700 else float(np.exp(value))
        for value in (logits.ci_low, logits.estimate, logits.ci_high)
    )
    return MeanEstimate(estimate=middle, se=logits.se, df=logits.df, ci_low=low, ci_high=high)
