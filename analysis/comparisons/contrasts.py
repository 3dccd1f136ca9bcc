"""Each system against the baseline: which test may speak, adjusted over the systems of a scale.

Which test (calibrated by simulation, `docs/statistics.md`): from 6 items on the primary model, with
Satterthwaite's df; below that no Wald test holds its level, so min-F′, and the claim is about
these items only. A model that failed its own check never speaks: the linear model or min-F′ stands
in. Whatever speaks, the difference in points stands beside it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from ..arrays import Floats
from ..cells import Cells, make_cells
from ..formulas.design import Level, level_text
from ..models import Fits
from ..ordinal.effects import mean_answers
from ..records.report import Contrast, Equivalence, Estimate, Plan
from ..resampling import crossed_draws
from .effects import effect_sizes
from .equivalence import one_sided_tests
from .family import FEWEST_ITEMS, Family, Tested, filled, latent_family, points_family, tested
from .multiplicity import p_adjusted


def contrasts(
    cells: Cells, scale: str, baseline: str, fits: Fits, plan: Plan, seed: int
) -> list[Contrast]:
    """One record per other system, with raw and adjusted p and intervals."""
    return _contrasts(cells, scale, baseline, fits, plan, seed, {})


def contrasts_at_levels(
    ratings: pd.DataFrame, scale: str, baseline: str, fits: Fits, plan: Plan, seed: int
) -> list[Contrast]:
    """The same at each level of each category that the formula lets change the systems' effects.

    Each level is a family of its own.
    """
    if fits.fixed is None:
        return []
    records = []
    for name in _moderators(fits):
        for level in fits.fixed.variables[name].levels:
            mine = ratings[ratings[name] == level]
            systems = [system for system in fits.systems if (mine["system"] == system).any()]
            if baseline in systems:
                cells = make_cells(mine, systems)
                records += _contrasts(cells, scale, baseline, fits, plan, seed, {name: level})
    return records


def _moderators(fits: Fits) -> list[str]:
    """Variables with levels that stand in one term with the systems or their factors."""
    fixed = fits.fixed
    if fixed is None:
        return []
    own = {"system", *(name for factors in fixed.by_system.values() for name in factors)}
    return [
        name for name, variable in fixed.variables.items()
        if name not in own and variable.levels
        and any(name in term and own & set(term) for term in fixed.columns)
    ]  # fmt: skip


def _contrasts(
    cells: Cells, scale: str, baseline: str, fits: Fits, plan: Plan, seed: int,
    held: Mapping[str, Level],
) -> list[Contrast]:  # fmt: skip
    systems = [system for system in cells.systems if system != baseline]
    if not systems:
        return []
    family = points_family(cells, systems, baseline, fits, held)
    points = tested(family, plan.multiplicity, plan.alpha)
    logits = latent_family(cells, systems, baseline, fits, family, held)
    # A hidden reference that is not in the model has its min-F′ in the same family of tests.
    outside = [not {system, baseline} <= set(fits.systems) for system in systems]
    logits = filled(logits, family, outside) if logits is not None else None
    latent = tested(logits, plan.multiplicity, plan.alpha) if logits is not None else None
    enough = len(cells.items) >= FEWEST_ITEMS and len(cells.participants) >= 2
    spoken, speaks, unit = points, family, "points"
    if latent is not None and logits is not None and enough:
        spoken, speaks, unit = latent, logits, "logits"
    draws = crossed_draws(len(cells.participants), len(cells.items), seed)
    equivalences = _equivalences(family, plan)
    ids = {record.family: record.id for record in fits.records}
    model_of = {"clmm_t": ids.get("cumulative", ""), "satterthwaite_t": ids.get("gaussian", "")}
    return [
        Contrast.model_validate(
            {
                "model": model_of.get(speaks.methods[k], ""), "method": speaks.methods[k],
                "scale": scale, "system": system, "baseline": baseline,
                "at": ", ".join(f"{name}={level_text(level)}" for name, level in held.items()),
                "unit": "points" if outside[k] else unit,
                "statistic": spoken.statistics[k], "p": spoken.p[k],
                "p_adjusted": spoken.p_adjusted[k], "adjustment": plan.multiplicity,
                "points": points.intervals[k], "equivalence": equivalences[k],
                "effect_sizes": effect_sizes(
                    cells.values[system], cells.values[baseline], draws, plan.alpha
                ),
                "inference": "population" if len(cells.items) >= FEWEST_ITEMS else "these_items",
                "reason": _why_no_p(cells, system, baseline, speaks, k, spoken.p[k]),
            }
            | spoken.intervals[k].model_dump()
            | _latent_numbers(fits, None if outside[k] else latent, k, system, baseline, held)
            | _seen(cells.values[system] - cells.values[baseline])
        )
        for k, system in enumerate(systems)
    ]  # fmt: skip


def _latent_numbers(
    fits: Fits, latent: Tested | None, k: int, system: str, baseline: str,
    held: Mapping[str, Level],
) -> dict[str, object]:  # fmt: skip
    """The cumulative model's difference in logits, as odds ratio, and as mean rating."""
    if latent is None or latent.intervals[k].se is None:
        return {"latent": None, "odds_ratio": None, "mean_class": None}
    logits = latent.intervals[k]
    return {
        "latent": logits,
        "odds_ratio": _odds(logits),
        "mean_class": _mean_class(fits, logits, system, baseline, held),
    }


def _odds(logits: Estimate) -> Estimate:
    """The odds of a higher answer, times this; `se` stays in logits."""

    def raised(value: float | None) -> float | None:
        return None if value is None or value > 700 else float(np.exp(value))

    return Estimate(
        estimate=raised(logits.estimate), se=logits.se, df=logits.df,
        ci_low=raised(logits.ci_low), ci_high=raised(logits.ci_high),
        ci_adjusted_low=raised(logits.ci_adjusted_low),
        ci_adjusted_high=raised(logits.ci_adjusted_high),
    )  # fmt: skip


def _mean_class(
    fits: Fits, logits: Estimate, system: str, baseline: str, held: Mapping[str, Level]
) -> Estimate | None:
    """The difference in mean rating, with the same reach in standard errors as the logits."""
    model, fixed = fits.ordinal, fits.fixed
    if model is None or fixed is None:
        return None
    parts = [fixed.rows_at({**held, "system": name}) for name in (system, baseline)]
    rows = np.vstack(parts)[:, fixed.kept]
    share = np.array([[1 / len(parts[0])] * len(parts[0]) + [-1 / len(parts[1])] * len(parts[1])])
    difference = mean_answers(model, rows, integrate=True).combine(share)
    middle, error = float(difference.estimates[0]), float(difference.standard_errors[0])
    weights = fits.difference(system, baseline, held)
    if weights is not None and logits.se:  # widened as much as the logits are
        error *= logits.se / model.combination(weights)[1]
    step = error / logits.se if logits.se else np.nan
    centre = logits.estimate or 0.0

    def moved(value: float | None) -> float | None:
        return None if value is None else middle + (value - centre) * step

    return Estimate(
        estimate=middle, se=error, df=logits.df,
        ci_low=moved(logits.ci_low), ci_high=moved(logits.ci_high),
        ci_adjusted_low=moved(logits.ci_adjusted_low),
        ci_adjusted_high=moved(logits.ci_adjusted_high),
    )  # fmt: skip


def _equivalences(family: Family, plan: Plan) -> Sequence[Equivalence | None]:
    bound = plan.smallest_effect_of_interest
    if bound is None:
        return [None] * len(family.estimates)
    found = [
        one_sided_tests(float(estimate), float(error), float(df), bound, plan.alpha)
        for estimate, error, df in zip(family.estimates, family.errors, family.df, strict=True)
    ]
    both = p_adjusted(plan.multiplicity, [test.p_equivalence for test in found])
    above = p_adjusted(plan.multiplicity, [test.p_non_inferiority for test in found])
    return [
        Equivalence(
            bound=bound, p_equivalence=test.p_equivalence, p_equivalence_adjusted=p_both,
            p_non_inferiority=test.p_non_inferiority, p_non_inferiority_adjusted=p_above,
            ci_low=test.ci_low, ci_high=test.ci_high,
            is_equivalent=bool(p_both < plan.alpha), is_not_inferior=bool(p_above < plan.alpha),
        )
        for test, p_both, p_above in zip(found, both, above, strict=True)
    ]  # fmt: skip


def _seen(difference: Floats) -> dict[str, object]:
    """What a comparison rests on."""
    seen = ~np.isnan(difference)
    return {
        "mean_difference": difference[seen].mean() if seen.any() else None,
        "n_ratings": 2 * int(seen.sum()), "n_participants": int(seen.any(axis=1).sum()),
        "n_items": int(seen.any(axis=0).sum()),
    }  # fmt: skip


def _why_no_p(cells: Cells, system: str, baseline: str, speaks: Family, k: int, p: float) -> str:
    if np.isfinite(p):
        return ""
    if np.isnan(cells.values[system] - cells.values[baseline]).all():
        return "no participant rated both on the same item"
    if np.isnan(speaks.estimates[k]):
        return "the formula does not tell it from the baseline"
    if speaks.methods[k] == "none":
        return "one participant and one item: nothing to estimate the uncertainty from"
    return "all differences are equal: nothing to estimate the uncertainty from"
