"""A study that is looked at while it runs: stop or go on, and the report of what was stopped.

Only a plan in `[analysis.sequential]` of the study file allows it. A look says *stop* or *go on*
and never which system leads, so that who runs the study stays blind.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from earwitness.stimuli.study import Sequential

from ..arrays import Floats
from ..cells import Cells
from ..records.report import Contrast, Estimate
from .anytime import anytime_interval, mixing_variance

WITHHELD = "p withheld: the study could stop at any look"


@dataclass(frozen=True)
class Look:
    """What a look at the data says. `stop` is all that anyone acts on."""

    participants: int  # who rated everything
    at_most: int
    stop: bool
    why: str  # no direction, no system, no size


@dataclass(frozen=True)
class Bounds:
    """The plan's intervals: α is split over all comparisons of all scales that decide."""

    plan: Sequential
    alpha: float
    comparisons: int

    def interval(self, cells: Cells, system: str, baseline: str) -> tuple[float, float, float]:
        """Of a system's difference from the baseline, in points."""
        differences = cells.values[system] - cells.values[baseline]
        complete = _complete(cells)
        share = self.alpha / max(self.comparisons, 1)
        new_items = self.plan.songs == "sample"
        g = mixing_variance(share, max(self.plan.at_most // 2, 2))
        return anytime_interval(differences[complete], share, g, new_items=new_items)


def _complete(cells: Cells) -> Floats:
    """Participants who rated every system on every item: the others have not finished."""
    missing = [np.isnan(values).any(axis=1) for values in cells.values.values()]
    return np.asarray(~np.any(missing, axis=0))


def take_a_look(
    by_scale: Mapping[str, Cells], baseline: str, plan: Sequential, alpha: float,
    smallest_effect: float | None,
) -> Look:  # fmt: skip
    """Stop or go on.

    A comparison is decided when its interval leaves out zero, or lies within the smallest effect of
    interest. The study stops when all are decided or the planned maximum is reached.
    """
    counts = [int(_complete(cells).sum()) for cells in by_scale.values()]
    count = min(counts, default=0)
    if count < plan.first_look:
        return Look(count, plan.at_most, False, f"the first look is at {plan.first_look}")
    pairs = [(c, s) for c in by_scale.values() for s in c.systems if s != baseline]
    bounds = Bounds(plan, alpha, len(pairs))
    ends = [bounds.interval(cells, system, baseline)[1:] for cells, system in pairs]
    if all(_decided(low, high, smallest_effect) for low, high in ends):
        return Look(count, plan.at_most, True, "every comparison is decided")
    if count >= plan.at_most:
        return Look(count, plan.at_most, True, "the planned maximum is reached")
    return Look(count, plan.at_most, False, "not every comparison is decided")


def _decided(low: float, high: float, smallest_effect: float | None) -> bool:
    if low > 0 or high < 0:
        return True
    return smallest_effect is not None and -smallest_effect < low and high < smallest_effect


def deciding(scales: Iterable[str], plan: Sequential) -> list[str]:
    """The scales that decide: those named by the plan, or all."""
    return [scale for scale in scales if not plan.scales or scale in plan.scales]


def anytime_contrasts(
    contrasts: Sequence[Contrast], cells: Cells, bounds: Bounds
) -> list[Contrast]:
    """The same comparisons with the intervals that hold at every look, without any p."""
    found = []
    for contrast in contrasts:
        estimate, low, high = bounds.interval(cells, contrast.system, contrast.baseline)
        here = Estimate(
            estimate=estimate, se=None, df=None, ci_low=low, ci_high=high,
            ci_adjusted_low=low, ci_adjusted_high=high,
        )  # fmt: skip
        population = bounds.plan.songs == "sample"
        found.append(
            contrast.model_copy(
                update=here.model_dump() | {
                    "points": here, "unit": "points", "method": "anytime", "model": "",
                    "statistic": None, "p": None, "p_adjusted": None, "latent": None,
                    "odds_ratio": None, "mean_class": None, "equivalence": None,
                    "inference": "population" if population else "these_items",
                    "reason": WITHHELD,
                }
            )
        )  # fmt: skip
    return found


def sentences(contrasts: Sequence[Contrast], plan: Sequential, alpha: float) -> list[str]:
    """The findings of a scale in words, and what they are valid for."""
    said = []
    for c in contrasts:
        low, high = c.points.ci_adjusted_low, c.points.ci_adjusted_high
        if low is None or high is None or c.points.estimate is None:
            said.append(f"{c.system} and {c.baseline}: too few complete participants yet.")
            continue
        ends = f"{100 * (1 - alpha):g} % at all looks and comparisons: {low:+.2f} to {high:+.2f}"
        verdict = (
            "is not shown to differ from" if low <= 0 <= high
            else "was rated higher than" if low > 0 else "was rated lower than"
        )  # fmt: skip
        said.append(f"{c.system} {verdict} {c.baseline}: {c.points.estimate:+.2f} points ({ends}).")
    return [*said, f"Sequential stopping was planned. {valid_for(plan)}"]


def valid_for(plan: Sequential) -> str:
    """What a sequential result is about."""
    if plan.songs == "sample":
        return (
            "The intervals hold for participants and items like these, where the items are a "
            "sample of those that the claim is about."
        )
    return "The intervals hold for participants like these and for these items only."
