"""Which attributes go with the overall rating: its regression on the other scales.

The overall rating of a version is regressed on the same participant's ratings of its attributes, in
the same models and with the same random effects as everything else. It says what goes together, not
what causes what; attributes that say the same as others (a variance inflation factor above 5) share
their effect in a way that these ratings cannot settle.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from earwitness.stimuli.formula import parse_formula

from ..arrays import Floats
from ..comparisons.multiplicity import p_adjusted
from ..models import fit_scale
from ..records.models import AttributeEffect, MeanEstimate
from ..records.report import Plan, Scale
from .effects import effect_contrasts

OVERALL = "overall"  # the id of the scale that sums up
FEWEST_ROWS = 20  # per attribute
MOSTLY = 0.5  # of the overall ratings that an attribute must stand beside


def attribute_effects(
    ratings: pd.DataFrame, scales: Sequence[Scale], systems: Sequence[str], plan: Plan
) -> list[AttributeEffect]:
    """One record per attribute; none without a scale `overall` and two others beside it."""
    overall = next((scale for scale in scales if scale.id == OVERALL), None)
    if overall is None:
        return []
    keys = ["participant", "item", "system"]
    wide = ratings.pivot_table(index=keys, columns="scale", values="value", aggfunc="mean")
    wide = wide.dropna(subset=[OVERALL])
    asked = [scale.id for scale in scales if scale.id != OVERALL]
    attributes = [name for name in asked if wide[name].notna().mean() > MOSTLY]
    if len(attributes) < 2:
        return []
    wide = wide[[OVERALL, *attributes]].dropna().reset_index()
    values = wide[attributes].to_numpy(dtype=float)
    if len(wide) < FEWEST_ROWS * len(attributes) or np.any(np.ptp(values, axis=0) == 0):
        return []
    names = {f"attribute{k}": name for k, name in enumerate(attributes)}
    frame = wide[keys].assign(value=wide[OVERALL], **{k: wide[v] for k, v in names.items()})
    present = [system for system in systems if (frame["system"] == system).any()]
    formula = parse_formula("rating ~ " + " + ".join(names))
    fits = fit_scale(frame, overall, present, present[0], formula)
    found = {row.term: row for row in effect_contrasts(fits, OVERALL, plan)}
    known = [key for key in names if key in found]
    adjusted = p_adjusted(plan.multiplicity, [_number(found[key].p) for key in known])
    inflation = variance_inflation(values)
    return [
        AttributeEffect(
            scale=OVERALL, attribute=names[key], unit=found[key].unit,
            estimate=found[key].estimate, se=found[key].se, ci_low=found[key].ci_low,
            ci_high=found[key].ci_high, p=found[key].p, p_adjusted=p, points=found[key].points,
            standardised=_standardised(found[key].points, frame[key], frame["value"]),
            variance_inflation=float(inflation[list(names).index(key)]), n=len(frame),
        )
        for key, p in zip(known, adjusted, strict=True)
    ]  # fmt: skip


def variance_inflation(values: Floats) -> Floats:
    """1 / (1 − R²) of each column on the others; infinite where they make it up.

    Source: Belsley, Kuh & Welsch 1980, doi 10.1002/0471725153, §3.2.
    """
    correlation = np.atleast_2d(np.corrcoef(values, rowvar=False))
    if np.linalg.matrix_rank(correlation) < len(correlation):
        return np.full(len(correlation), np.inf)
    return np.asarray(np.diagonal(np.linalg.inv(correlation)))


def _standardised(
    points: MeanEstimate | None, attribute: pd.Series, overall: pd.Series
) -> float | None:
    """Standard deviations of the overall rating per standard deviation of the attribute."""
    if points is None or points.estimate is None:
        return None
    return float(points.estimate * attribute.std() / overall.std())


def _number(value: float | None) -> float:
    return np.nan if value is None else value
