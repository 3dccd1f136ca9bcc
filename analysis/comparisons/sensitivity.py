"""The same comparisons by other analyses: does the conclusion hang on the one that was chosen?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from earwitness.stimuli.errors import DataError

from ..arrays import Floats
from ..cells import Cells, make_cells
from ..models import Fits, fit_scale
from ..ordinal.pooled import fit_pooled
from ..random_effects.terms import partition
from ..records.report import Contrast, Plan, Scale, Sensitivity
from ..resampling import crossed_draws, percentile_interval, tail_probability
from .contrasts import contrasts
from .family import FEWEST_ITEMS, Family, Tested, points_family, tested
from .multiplicity import p_adjusted
from .rank_tests import wilcoxon
from .sign_flips import sign_flip_p


@dataclass(frozen=True)
class _Row:
    """One analysis of one comparison."""

    estimate: float = np.nan
    ci_low: float = np.nan
    ci_high: float = np.nan
    p: float = np.nan
    reason: str = ""


@dataclass(frozen=True)
class _Analysis:
    """One analysis of all comparisons; `adjusted` where it brings its own adjusted p."""

    name: str
    unit: str
    rows: Sequence[_Row]
    adjusted: Sequence[float] | None = None


@dataclass(frozen=True)
class Compared:
    """What was found on one scale, to be compared with."""

    cells: Cells
    scale: Scale
    fits: Fits
    contrasts: Sequence[Contrast]
    baseline: str

    @property
    def systems(self) -> list[str]:
        return [contrast.system for contrast in self.contrasts]

    def differences(self) -> list[Floats]:
        """Participant × item, of each system."""
        base = self.cells.values[self.baseline]
        return [self.cells.values[system] - base for system in self.systems]


def sensitivity(
    found: Compared, alternatives: Mapping[str, pd.DataFrame], plan: Plan, seed: int
) -> list[Sensitivity]:
    """Every other analysis of every comparison, and whether it agrees with the one that speaks.

    Args:
        found: the comparisons and what they rest on.
        alternatives: ratings of this scale with other exclusions, by what is different.
        plan: for alpha and multiplicity.
        seed: of the resampling.
    """
    if not found.contrasts:
        return []
    analyses = [
        *_models(found, plan),
        _sign_flips(found, seed),
        _bootstrap(found, plan, seed),
        _wilcoxon(found),
        *_pooled(found, plan),
        *(_rerun(found, name, frame, plan, seed) for name, frame in alternatives.items()),
    ]
    return [record for analysis in analyses for record in _records(found, analysis, plan)]


def _records(found: Compared, analysis: _Analysis, plan: Plan) -> list[Sensitivity]:
    adjusted = analysis.adjusted
    if adjusted is None:
        adjusted = p_adjusted(plan.multiplicity, [row.p for row in analysis.rows])
    return [
        Sensitivity.model_validate(
            {
                "scale": found.scale.id, "system": contrast.system, "analysis": analysis.name,
                "unit": analysis.unit, "estimate": row.estimate, "ci_low": row.ci_low,
                "ci_high": row.ci_high, "p": row.p, "p_adjusted": p, "reason": row.reason,
                "agrees": _agrees(contrast, row.estimate, p, plan.alpha),
            }
        )
        for contrast, row, p in zip(found.contrasts, analysis.rows, adjusted, strict=True)
    ]  # fmt: skip


def _agrees(contrast: Contrast, estimate: float, p: float, alpha: float) -> bool | None:
    if contrast.p_adjusted is None or not np.isfinite(p):
        return None
    both = (contrast.p_adjusted < alpha) == (p < alpha)
    opposite = p < alpha and estimate * (contrast.estimate or 0.0) < 0
    return bool(both and not opposite)


def _models(found: Compared, plan: Plan) -> list[_Analysis]:
    """The linear model where the cumulative one speaks, and min-F′ where a model does."""
    spoken = {contrast.method for contrast in found.contrasts}
    analyses = []
    if "clmm_t" in spoken and found.fits.linear is not None:
        family = points_family(found.cells, found.systems, found.baseline, found.fits)
        analyses.append(_of_family("linear mixed model", family, plan))
    if spoken & {"clmm_t", "satterthwaite_t"}:
        family = points_family(found.cells, found.systems, found.baseline, None)
        analyses.append(_of_family("min-F′", family, plan))
    return analyses


def _of_family(name: str, family: Family, plan: Plan) -> _Analysis:
    results: Tested = tested(family, plan.multiplicity, plan.alpha)
    rows = [
        _Row(interval.estimate or 0.0, _nan(interval.ci_low), _nan(interval.ci_high), p)
        for interval, p in zip(results.intervals, results.p, strict=True)
    ]
    return _Analysis(name, "points", rows, results.p_adjusted)


def _nan(value: float | None) -> float:
    return np.nan if value is None else value


def _sign_flips(found: Compared, seed: int) -> _Analysis:
    rows = [
        _Row(_mean(difference), p=sign_flip_p(difference, seed))
        for difference in found.differences()
    ]
    return _Analysis("permutation (signs of participants and items)", "points", rows)


def _mean(values: Floats) -> float:
    seen = values[~np.isnan(values)]
    return float(seen.mean()) if len(seen) else np.nan


def _bootstrap(found: Compared, plan: Plan, seed: int) -> _Analysis:
    """Percentile interval of the mean difference, and the p that goes with it."""
    draws = crossed_draws(len(found.cells.participants), len(found.cells.items), seed)
    rows = []
    for difference in found.differences():
        seen = ~np.isnan(difference)
        if not seen.any():
            rows.append(_Row())
            continue
        sums = draws.sums(np.stack([np.where(seen, difference, 0.0), seen.astype(float)], axis=2))
        with np.errstate(invalid="ignore", divide="ignore"):
            drawn = sums[:, 0] / sums[:, 1]
        low, high = percentile_interval(drawn, plan.alpha)
        rows.append(_Row(_mean(difference), low, high, tail_probability(drawn)))
    return _Analysis("bootstrap over participants and items", "points", rows)


def _wilcoxon(found: Compared) -> _Analysis:
    """On participants' means, as the rank tests."""
    means = found.cells.participant_means()
    base = means[:, found.cells.systems.index(found.baseline)]
    rows = []
    for system in found.systems:
        difference = means[:, found.cells.systems.index(system)] - base
        rows.append(_Row(_mean(difference), p=wilcoxon(difference)[1]))
    return _Analysis("Wilcoxon on participants’ means (takes the items as given)", "points", rows)


def _pooled(found: Compared, plan: Plan) -> list[_Analysis]:
    """The pooled ordinal logit with two-way clustered errors, for category scales."""
    name = "pooled ordinal logit, errors clustered by participant and item"
    data = found.fits.ordinal_data
    if data is None:
        return []
    try:
        rated = found.fits.ratings
        fit = fit_pooled(data, partition(rated, ["participant"]), partition(rated, ["item"]))
    except DataError:
        fit = None
    if fit is None:
        rows = [_Row(reason="the model did not pass its check") for _ in found.contrasts]
        return [_Analysis(name, "logits", rows)]
    few = len(found.cells.items) < FEWEST_ITEMS or len(found.cells.participants) < FEWEST_ITEMS
    rows = []
    for system in found.systems:
        weights = found.fits.difference(system, found.baseline)
        if weights is None:
            rows.append(_Row(reason="the formula does not tell it from the baseline"))
            continue
        estimate, error = fit.combination(weights)
        if few or not np.isfinite(error):
            reason = "too few items or participants for clustered errors"
            rows.append(_Row(estimate, reason=reason))
            continue
        reach = float(stats.t.isf(plan.alpha / 2, fit.df)) * error
        p = 2 * float(stats.t.sf(abs(estimate / error), fit.df))
        rows.append(_Row(estimate, estimate - reach, estimate + reach, p))
    return [_Analysis(name, "logits", rows)]


def _rerun(found: Compared, name: str, frame: pd.DataFrame, plan: Plan, seed: int) -> _Analysis:
    """The same analysis of the ratings with other exclusions."""
    systems = [s for s in found.cells.systems if (frame["system"] == s).any()]
    by_system: dict[str, Contrast] = {}
    if found.baseline in systems:
        modelled = [system for system in found.fits.systems if system in systems]
        fits = fit_scale(frame, found.scale, modelled, found.baseline, found.fits.formula)
        again = contrasts(
            make_cells(frame, systems), found.scale.id, found.baseline, fits, plan, seed
        )
        by_system = {contrast.system: contrast for contrast in again}
    rows, adjusted, unit = [], [], found.contrasts[0].unit
    for contrast in found.contrasts:
        other = by_system.get(contrast.system)
        if other is None:
            rows.append(_Row(reason="not rated after these exclusions"))
            adjusted.append(np.nan)
            continue
        unit = other.unit
        rows.append(_Row(_nan(other.estimate), _nan(other.ci_low), _nan(other.ci_high),
                         _nan(other.p), other.reason))  # fmt: skip
        adjusted.append(_nan(other.p_adjusted))
    return _Analysis(name, unit, rows, adjusted)
