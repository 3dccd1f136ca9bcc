"""Each system against the baseline: which test may speak, and Holm over the systems of a scale.

Which test (calibrated by simulation, `docs/statistics.md`): the mixed model with Satterthwaite's df
from 6 items on; below that no Wald test holds its level, so min-F′, and the claim is about these
items only. A model that failed its own check never speaks: min-F′ stands in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .cells import Cells
from .effects import effect_sizes
from .lmm import LinearMixedModel
from .minf import Method, crossed_mean, t_interval, t_test
from .records import Contrast
from .reml import Floats
from .resampling import crossed_draws

FEWEST_ITEMS = 6  # below it, no Wald test (DESIGN §5, rule 6)


@dataclass(frozen=True)
class _Estimate:
    system: str
    difference: Floats  # participant × item
    estimate: float
    se: float
    df: float
    method: Method | str


def contrasts(
    cells: Cells,
    scale: str,
    baseline: str,
    model_id: str,
    model: LinearMixedModel | None,
    alpha: float,
    seed: int,
) -> list[Contrast]:
    """One record per other system, with raw and Holm-adjusted p and intervals."""
    estimates = [
        _estimate(cells, system, baseline, model) for system in cells.systems if system != baseline
    ]
    tests = [t_test(e.estimate, e.se, e.df) for e in estimates]
    adjusted, factors = holm([p for _, p in tests])
    draws = crossed_draws(len(cells.participants), len(cells.items), seed)
    claim = "population" if len(cells.items) >= FEWEST_ITEMS else "these_items"
    return [
        Contrast.model_validate(
            {
                "model": model_id if e.method == "satterthwaite_t" else "",
                "scale": scale, "system": e.system, "baseline": baseline, "at": "",
                "statistic": statistic, "p": p, "p_adjusted": p_adjusted, "adjustment": "holm",
                "effect_sizes": effect_sizes(
                    cells.values[e.system], cells.values[baseline], draws, alpha
                ),
                "inference": claim, "reason": _why_no_p(e, p),
            }
            | _numbers(e, alpha, factor)
        )
        for e, (statistic, p), p_adjusted, factor in zip(
            estimates, tests, adjusted, factors, strict=True
        )
    ]  # fmt: skip


def _numbers(e: _Estimate, alpha: float, factor: float) -> dict[str, object]:
    """The estimate with its intervals, and what it rests on."""
    low, high = t_interval(e.estimate, e.se, e.df, alpha)
    wide_low, wide_high = t_interval(e.estimate, e.se, e.df, alpha / factor)
    seen = ~np.isnan(e.difference)
    return {
        "estimate": e.estimate, "se": e.se, "df": e.df, "method": e.method,
        "ci_low": low, "ci_high": high,
        "ci_adjusted_low": wide_low, "ci_adjusted_high": wide_high,
        "mean_difference": e.difference[seen].mean() if seen.any() else None,
        "n_ratings": 2 * int(seen.sum()), "n_participants": int(seen.any(axis=1).sum()),
        "n_items": int(seen.any(axis=0).sum()),
    }  # fmt: skip


def _estimate(
    cells: Cells, system: str, baseline: str, model: LinearMixedModel | None
) -> _Estimate:
    difference = cells.values[system] - cells.values[baseline]
    enough = len(cells.items) >= FEWEST_ITEMS and len(cells.participants) >= 2
    if model is not None and model.converged and enough:
        weights = np.array([name == f"system[{system}]" for name in model.names], dtype=float)
        if weights.any():
            return _Estimate(system, difference, *model.combination(weights), "satterthwaite_t")
    mean = crossed_mean(difference)
    return _Estimate(system, difference, mean.estimate, mean.se, mean.df, mean.method)


def _why_no_p(estimate: _Estimate, p: float) -> str:
    if np.isfinite(p):
        return ""
    if np.isnan(estimate.difference).all():
        return "no participant rated both on the same item"
    if estimate.method == "none":
        return "one participant and one item: nothing to estimate the uncertainty from"
    return "all differences are equal: nothing to estimate the uncertainty from"


def holm(p: Sequence[float]) -> tuple[list[float], list[float]]:
    """Holm's adjusted p, and the factor that each p was raised by (for matching intervals).

    An interval at level 1 − alpha / factor leaves out zero exactly when the adjusted p is below
    alpha. Missing p are outside the family.

    Source: Holm 1979, Scand. J. Statist. 6, 65–70.
    """
    values = np.asarray(p, dtype=float)
    adjusted, factors = values.copy(), np.ones(len(values))
    known = np.flatnonzero(np.isfinite(values))
    order = known[np.argsort(values[known], kind="stable")]
    steps = np.arange(len(order), 0, -1)
    raised = np.maximum.accumulate(values[order] * steps)
    adjusted[order] = np.minimum(raised, 1.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        factors[order] = np.where(values[order] > 0, raised / values[order], steps)
    return [float(a) for a in adjusted], [float(f) for f in factors]
