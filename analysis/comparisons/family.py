"""One family of comparisons with the baseline: estimates in one unit, tests and intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..arrays import Floats
from ..cells import Cells
from ..linear.lmm import LinearMixedModel
from ..linear.minf import crossed_correlation, crossed_mean, t_interval, t_test
from ..ordinal.model import OrdinalMixedModel
from ..records.report import Estimate
from .multiplicity import Method, adjust

FEWEST_ITEMS = 6  # below it, no Wald test (DESIGN §5, rule 6)


@dataclass(frozen=True)
class Family:
    """Each system against the baseline, in order. `methods` name the tests."""

    estimates: Floats
    errors: Floats
    df: Floats
    methods: list[str]
    correlation: Floats


@dataclass(frozen=True)
class Tested:
    """A family after adjustment."""

    statistics: list[float]
    p: list[float]
    p_adjusted: list[float]
    intervals: list[Estimate]


def points_family(
    cells: Cells, systems: Sequence[str], baseline: str, model: LinearMixedModel | None
) -> Family:
    """In points: the linear model with Satterthwaite's df, or min-F′ where that may not speak.

    A system that is not in the model (a hidden reference, say) has min-F′ beside the others.
    """
    differences = [cells.values[system] - cells.values[baseline] for system in systems]
    means = [crossed_mean(difference) for difference in differences]
    rows = [(mean.estimate, mean.se, mean.df) for mean in means]
    methods: list[str] = [mean.method for mean in means]
    enough = len(cells.items) >= FEWEST_ITEMS and len(cells.participants) >= 2
    names = model.names if model is not None and enough else ()
    places = [names.index(f"system[{s}]") if f"system[{s}]" in names else -1 for s in systems]
    for k, place in enumerate(places):
        if model is not None and place >= 0:
            rows[k] = model.combination(np.eye(len(names))[place])
            methods[k] = "satterthwaite_t"
    if model is not None and min(places) >= 0:
        correlation = _correlation(model.covariance[np.ix_(places, places)])
    else:
        correlation = crossed_correlation(differences)
    return Family(*_columns(rows), methods, correlation)


def latent_family(
    cells: Cells, systems: Sequence[str], model: OrdinalMixedModel, points: Family
) -> Family:
    """In logits, with the companion's Satterthwaite df.

    Where the companion gives none, one less than the fewer of participants and items: simulation
    shows Wald's z too sure with few items, and these df on the safe side.
    """
    places = [model.names.index(f"system[{system}]") for system in systems]
    found = [model.combination(np.eye(len(model.names))[place]) for place in places]
    few = max(min(len(cells.participants), len(cells.items)) - 1.0, 1.0)
    given = [method == "satterthwaite_t" for method in points.methods]
    start = len(model.data.cuts.names)
    part = np.array(places) + start
    return Family(
        np.array([estimate for estimate, _, _ in found]),
        np.array([error for _, error, _ in found]),
        np.where(given, points.df, few),
        ["clmm_t"] * len(systems),
        _correlation(model.covariance[np.ix_(part, part)]),
    )


def tested(family: Family, method: Method, alpha: float) -> Tested:
    """Raw and adjusted p, and both intervals of each comparison."""
    tests = [
        t_test(e, se, df)
        for e, se, df in zip(family.estimates, family.errors, family.df, strict=True)
    ]
    adjusted = adjust(
        method, np.array([statistic for statistic, _ in tests]), family.df, alpha,
        family.correlation,
    )  # fmt: skip
    intervals = []
    for k, (estimate, error, df) in enumerate(
        zip(family.estimates, family.errors, family.df, strict=True)
    ):
        low, high = t_interval(estimate, error, df, alpha)
        wide = adjusted.reach[k] * error if np.isfinite(adjusted.reach[k]) else np.nan
        wide = 0.0 if error == 0 else wide
        intervals.append(
            Estimate(estimate=estimate, se=error, df=df, ci_low=low, ci_high=high,
                     ci_adjusted_low=estimate - wide, ci_adjusted_high=estimate + wide)
        )  # fmt: skip
    return Tested([s for s, _ in tests], [p for _, p in tests], adjusted.p, intervals)


def _columns(found: Sequence[tuple[float, float, float]]) -> tuple[Floats, Floats, Floats]:
    table = np.array(found, dtype=float).reshape(-1, 3)
    return table[:, 0], table[:, 1], table[:, 2]


def _correlation(covariance: Floats) -> Floats:
    spread = np.sqrt(np.diagonal(covariance))
    return np.asarray(covariance / np.outer(spread, spread))
