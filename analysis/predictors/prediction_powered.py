"""A system's mean rating over a whole data set, from a few rated items and a metric on all of them.

Listeners hear n items; a metric that the plan names is known for N more. With the slope b of the
items' mean ratings on the metric over the rated items, PPI++ moves their mean by

    λ (mean metric of the unrated − mean metric of the rated),   λ = b / (1 + n / N),

so that a sample of items that happens to be easy or hard is corrected for. λ = 0 is the plain mean.

Source: Angelopoulos, Duchi & Zrnic 2023, "PPI++: Efficient prediction-powered inference",
arXiv:2311.01453 (mean estimation with power tuning). Added here: n − 2 degrees of freedom and the
slope's own error, since n is small, and the participants' variance, since ratings are crossed.
Intervals are shown only from the number of rated items on at which simulation proves them
(`proven.json`, written by `python -m benchmarks.prediction_powered`).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
from scipy import stats

from ..arrays import Floats

LOWEST, HIGHEST = 0.93, 0.97  # coverage that counts as proven


@dataclass(frozen=True)
class PoweredMean:
    """A mean over all items, beside the plain one of the rated; `se` is for new people too."""

    estimate: float
    se: float
    df: float
    plain: float
    slope: float  # λ
    extra_items: float  # rated items that the plain mean would need in addition

    def interval(self, alpha: float) -> tuple[float, float]:
        reach = float(stats.t.isf(alpha / 2, self.df)) * self.se
        return self.estimate - reach, self.estimate + reach


def powered_mean(ratings: Floats, rated: Floats, unrated: Floats) -> PoweredMean | None:
    """The mean of one system's ratings over items like the rated and the unrated ones.

    Args:
        ratings: participant × item, complete.
        rated: the metric of those items.
        unrated: the metric of the further items.

    Returns:
        None with fewer than 4 rated or 2 unrated items, fewer than 2 participants, or without
        any spread of the metric.
    """
    participants, count = ratings.shape
    if count < 4 or len(unrated) < 2 or participants < 2 or np.ptp(rated) == 0:
        return None
    y, f = ratings.mean(axis=0), rated - rated.mean()
    squares = float(f @ f)
    slope = float(f @ y) / squares / (1 + count / len(unrated))
    shift = float(unrated.mean() - rated.mean())
    residual = y - y.mean() - slope * f
    noise = float(residual @ residual) / (count - 2)
    spread = float(np.var(np.concatenate([rated, unrated]), ddof=1))
    of_items = noise * (1 / count + shift**2 / squares) + slope**2 * spread / len(unrated)
    of_people = float(ratings.mean(axis=1).var(ddof=1)) / participants
    rest = ratings - ratings.mean(axis=1, keepdims=True) - y + ratings.mean()
    both = float(np.sum(rest**2)) / ((participants - 1) * (count - 1)) / (participants * count)
    variance = max(of_items + of_people - both, of_items, of_people)
    df = (of_items + of_people) ** 2 / (
        of_items**2 / (count - 2) + of_people**2 / (participants - 1)
    )
    plain = float(y.var(ddof=1)) / count
    return PoweredMean(
        float(y.mean() + slope * shift), float(np.sqrt(variance)), float(df), float(y.mean()),
        slope, count * (plain / of_items - 1),
    )  # fmt: skip


@cache
def proven_from() -> int | None:
    """The fewest rated items from which every simulated coverage was within 93 to 97 %."""
    table = json.loads(files(__package__).joinpath("proven.json").read_text(encoding="utf-8"))
    good = None
    for row in sorted(table["rated_items"], key=lambda row: -int(row["items"])):
        if not LOWEST <= row["lowest"] <= row["highest"] <= HIGHEST:
            break
        good = int(row["items"])
    return good
