"""One family of comparisons with the baseline: estimates in one unit, tests and intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ..arrays import Floats
from ..cells import Cells
from ..formulas.design import Level
from ..linear.minf import crossed_correlation, crossed_mean, t_interval, t_test
from ..models import Fits
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
    cells: Cells,
    systems: Sequence[str],
    baseline: str,
    fits: Fits | None,
    held: Mapping[str, Level] | None = None,
) -> Family:
    """In points: the linear model with Satterthwaite's df, or min-F′ where that may not speak.

    A system that is not in the model (a hidden reference, say) has min-F′ beside the others.

    Args:
        cells: of the ratings that the comparison rests on.
        systems: to be compared.
        baseline: with this one.
        fits: None leaves the models out.
        held: levels at which they are compared; `cells` must be those ratings alone.
    """
    differences = [cells.values[system] - cells.values[baseline] for system in systems]
    means = [crossed_mean(difference) for difference in differences]
    rows = [(mean.estimate, mean.se, mean.df) for mean in means]
    methods: list[str] = [mean.method for mean in means]
    enough = len(cells.items) >= FEWEST_ITEMS and len(cells.participants) >= 2
    model = fits.linear if fits is not None and enough else None
    weights = _weights(fits, systems, baseline, held) if model is not None else []
    for k, mine in enumerate(weights):
        if model is not None and mine is not None:
            rows[k] = model.combination(np.concatenate([[0.0], mine]))
            methods[k] = "satterthwaite_t"
    if model is not None and all(mine is not None for mine in weights):
        correlation = correlation_of(_stacked(weights), model.covariance[1:, 1:])
    else:
        correlation = crossed_correlation(differences)
    return Family(*_columns(rows), methods, correlation)


def latent_family(
    cells: Cells,
    systems: Sequence[str],
    baseline: str,
    fits: Fits,
    points: Family,
    held: Mapping[str, Level] | None = None,
) -> Family | None:
    """In logits, with the companion's Satterthwaite df; None without a cumulative model.

    Standard errors are widened as REML widens the companion's (`linear/restriction.py`).

    Where the companion gives none, one less than the fewer of participants and items: simulation
    shows Wald's z too sure with few items, and these df on the safe side. A system that the
    formula does not tell from the baseline has NaN.
    """
    model = fits.ordinal
    weights = _weights(fits, systems, baseline, held)
    if model is None or all(mine is None for mine in weights):
        return None
    found = [
        model.combination(mine) if mine is not None else (np.nan, np.nan, np.nan)
        for mine in weights
    ]
    few = fewest_df(cells)
    given = [method == "satterthwaite_t" for method in points.methods]
    start = len(model.data.cuts.names)
    part = slice(start, start + len(model.names))
    return Family(
        np.array([estimate for estimate, _, _ in found]),
        np.array([error for _, error, _ in found]) * _widening(fits, weights),
        np.where(given, points.df, few),
        ["none" if mine is None else "clmm_t" for mine in weights],
        correlation_of(_stacked(weights), model.covariance[part, part]),
    )


def _widening(fits: Fits, weights: Sequence[Floats | None]) -> Floats:
    return np.array([
        1.0 if mine is None or fits.linear is None
        else fits.linear.restriction(np.concatenate([[0.0], mine]))
        for mine in weights
    ])  # fmt: skip


def filled(latent: Family, points: Family, outside: Sequence[bool]) -> Family:
    """The cumulative model's comparisons, and those in points of systems outside the model."""
    left_out = np.array(outside, dtype=bool)
    return Family(
        np.where(left_out, points.estimates, latent.estimates),
        np.where(left_out, points.errors, latent.errors),
        np.where(left_out, points.df, latent.df),
        [(points if out else latent).methods[k] for k, out in enumerate(outside)],
        latent.correlation,
    )


def fewest_df(cells: Cells) -> float:
    """One less than the fewer of participants and items."""
    return max(min(len(cells.participants), len(cells.items)) - 1.0, 1.0)


def _weights(
    fits: Fits | None, systems: Sequence[str], baseline: str, held: Mapping[str, Level] | None
) -> list[Floats | None]:
    if fits is None:
        return [None] * len(systems)
    return [fits.difference(system, baseline, held) for system in systems]


def _stacked(weights: Sequence[Floats | None]) -> Floats:
    width = max((len(mine) for mine in weights if mine is not None), default=0)
    return np.array([np.zeros(width) if mine is None else mine for mine in weights])


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


def correlation_of(weights: Floats, covariance: Floats) -> Floats:
    """Of several combinations of the coefficients; 0 with one that is none."""
    found = weights @ covariance @ weights.T
    spread = np.sqrt(np.diagonal(found))
    spread = np.where(spread > 0, spread, 1.0)
    correlation = found / np.outer(spread, spread)
    np.fill_diagonal(correlation, 1.0)
    return np.asarray(correlation)
