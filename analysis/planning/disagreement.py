"""Items on which the metrics disagree most about two systems, and what listeners said of them.

Where one metric says A is better and another says B, a listener decides between the metrics
(maximum differentiation: Wang & Simoncelli 2008, doi 10.1167/8.12.8). Such items are no sample of
anything: they stand in `[analysis] disagreement_items` and are left out of every mean, model and
comparison.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from earwitness.stimuli.errors import DataError

from ..arrays import Floats
from ..cells import make_cells
from ..inputs.prepared import Inputs
from ..linear.minf import t_interval
from ..records.report import Exclusion
from ..records.whole_set import DisagreementVerdict

RULE = "disagreement-items"
FEWEST_METRICS = 2


@dataclass(frozen=True)
class Disagreement:
    """An item, the metrics that speak most for either system, and how strongly both do.

    `strength` is the weaker of the two claims, in typical differences of its metric.
    """

    item: str
    for_first: str
    for_second: str
    strength: float


def most_disputed(
    scores: pd.DataFrame, first: str, second: str, apart: Sequence[str], count: int
) -> list[Disagreement]:
    """Items in the order of how much the metrics contradict each other on them.

    Args:
        scores: as `score_table` gives them; metrics without a direction are not asked.
        first: a system.
        second: another one.
        apart: items that are in the study already.
        count: at most so many.

    Raises:
        DataError: a system has no scores, or fewer than two metrics know both on an item.
    """
    known = set(scores["system"])
    for system in (first, second):
        if system not in known:
            raise DataError(f"the run has no scores of {system}; it has {', '.join(sorted(known))}")
    claims = _claims(scores, first, second)
    claims = claims[~claims.index.isin(list(apart))]
    claims = claims[claims.notna().sum(axis=1) >= FEWEST_METRICS]
    if claims.empty:
        raise DataError(
            f"no item outside the study has two metrics with a direction for {first} and {second}"
        )
    found = []
    for item, row in claims.iterrows():
        said = row.dropna()
        strength = float(min(said.max(), -said.min()))
        found.append(Disagreement(str(item), str(said.idxmax()), str(said.idxmin()), strength))
    found = [one for one in found if one.strength > 0]
    return sorted(found, key=lambda one: (-one.strength, one.item))[:count]


def _claims(scores: pd.DataFrame, first: str, second: str) -> pd.DataFrame:
    """Item × metric: how much better `first` is, in root-mean-square differences of the metric."""
    usable = scores[scores["direction"].isin(["higher", "lower"])].dropna(subset=["value"])
    sign = np.where(usable["direction"] == "higher", 1.0, -1.0)
    usable = usable.assign(value=usable["value"] * sign)
    wide = usable.pivot_table(index="item", columns=["system", "metric"], values="value")
    systems = set(wide.columns.get_level_values(0))
    if not {first, second} <= systems:
        return pd.DataFrame()
    difference = wide[first] - wide[second]
    typical = np.sqrt((difference**2).mean())
    return pd.DataFrame(difference.loc[:, typical > 0] / typical[typical > 0])


def set_apart(inputs: Inputs, items: Sequence[str]) -> tuple[Inputs, pd.DataFrame]:
    """The inputs without these items' ratings, said as an exclusion; and those ratings.

    Raises:
        DataError: no other item was rated.
    """
    mine = inputs.ratings["item"].isin(list(items))
    if not mine.any():
        return inputs, inputs.ratings[mine]
    if mine.all():
        raise DataError("all rated items are disagreement_items: there is nothing to compare")
    apart = inputs.ratings[mine]
    excluded = Exclusion(
        rule=RULE, participants=int(apart["participant"].nunique()), ratings=len(apart)
    )
    others = {
        words: frame[~frame["item"].isin(list(items))]
        for words, frame in inputs.alternatives.items()
    }
    kept = inputs.ratings[~mine].reset_index(drop=True)
    changed = replace(
        inputs, ratings=kept, alternatives=others, exclusions=[*inputs.exclusions, excluded]
    )
    return changed, apart.reset_index(drop=True)


def verdicts(
    apart: pd.DataFrame,
    scores: pd.DataFrame | None,
    systems: Sequence[str],
    baseline: str,
    alpha: float,
) -> list[DisagreementVerdict]:
    """Whom the listeners sided with: each system against the baseline, item by item."""
    found = []
    for scale, ratings in apart.groupby("scale", sort=True):
        cells = make_cells(ratings, systems)
        for system in systems:
            claims = pd.DataFrame()
            if scores is not None and system != baseline:
                claims = _claims(scores, system, baseline)
            differences = cells.values[system] - cells.values[baseline]
            for k, item in enumerate(cells.items):
                seen = differences[~np.isnan(differences[:, k]), k]
                if system != baseline and len(seen) > 1:
                    sides = _sides(claims, item)
                    found.append(_verdict(str(scale), item, (system, baseline), seen, sides, alpha))
    return found


def _sides(claims: pd.DataFrame, item: str) -> dict[str, float]:
    """What each metric says of an item, where it says anything."""
    if item not in claims.index:
        return {}
    values = claims.loc[[item]].to_numpy(dtype=float)[0]
    named = zip(claims.columns, values, strict=True)
    return {str(metric): float(value) for metric, value in named if np.isfinite(value) and value}


def _verdict(
    scale: str, item: str, pair: tuple[str, str], seen: Floats, sides: dict[str, float],
    alpha: float,
) -> DisagreementVerdict:  # fmt: skip
    mean, error = float(seen.mean()), float(seen.std(ddof=1)) / np.sqrt(len(seen))
    low, high = t_interval(mean, error, len(seen) - 1.0, alpha)
    clear = sides if low > 0 or high < 0 else {}
    return DisagreementVerdict(
        scale=scale, item=item, system=pair[0], baseline=pair[1], difference=mean,
        ci_low=low, ci_high=high, n_participants=len(seen),
        agreeing=sorted(name for name, side in clear.items() if side * mean > 0),
        opposing=sorted(name for name, side in clear.items() if side * mean < 0),
    )  # fmt: skip
