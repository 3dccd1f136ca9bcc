"""ABX: could the participants tell two systems apart?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import stats
from scipy.optimize import brentq

from ..cells import make_cells
from ..comparisons.multiplicity import p_adjusted
from ..linear.minf import crossed_mean
from ..records.tasks import Discrimination

CHANCE = 0.5
LARGEST_D_PRIME = 10.0


def discrimination(ratings: pd.DataFrame, scale: str, alpha: float) -> list[Discrimination]:
    """Each pair of systems, over all participants and for each of them."""
    pair = [" ".join(sorted(two)) for two in zip(ratings["system"], ratings["versus"], strict=True)]
    records = []
    for _, rows in ratings.groupby(pd.Series(pair, index=ratings.index), sort=True):
        names = tuple(sorted({*rows["system"], *rows["versus"]}))
        own = [(str(name), mine) for name, mine in rows.groupby("participant", sort=True)]
        exact = [_exact_p(mine) for _, mine in own]
        adjusted = p_adjusted("holm", exact)
        records.append(_record(rows, scale, names, "", np.nan, alpha))
        records += [
            _record(mine, scale, names, name, p, alpha)
            for (name, mine), p in zip(own, adjusted, strict=True)
        ]
    return records


def _record(
    rows: pd.DataFrame, scale: str, names: Sequence[str], participant: str, adjusted: float,
    alpha: float,
) -> Discrimination:  # fmt: skip
    n, right = len(rows), int(rows["value"].sum())
    low, high = exact_interval(right, n, alpha)
    return Discrimination.model_validate(
        {
            "scale": scale, "system": names[0], "other": names[-1], "participant": participant,
            "n": n, "right": right, "share": right / n, "ci_low": low, "ci_high": high,
            "p": _exact_p(rows), "p_adjusted": adjusted,
            "clustered_p": np.nan if participant else _clustered_p(rows),
            "d_prime": d_prime(right / n), "d_prime_ci_low": d_prime(low),
            "d_prime_ci_high": d_prime(high),
        }
    )  # fmt: skip


def _exact_p(rows: pd.DataFrame) -> float:
    """P(as many right answers or more by guessing)."""
    return float(stats.binom.sf(int(rows["value"].sum()) - 1, len(rows), CHANCE))


def _clustered_p(rows: pd.DataFrame) -> float:
    """One-sided, for new participants and items."""
    mean = crossed_mean(make_cells(rows.assign(system="x"), ["x"]).values["x"])
    if not mean.se > 0:
        return np.nan
    return float(stats.t.sf((mean.estimate - CHANCE) / mean.se, mean.df))


def exact_interval(right: int, n: int, alpha: float) -> tuple[float, float]:
    """Clopper & Pearson 1934, doi 10.1093/biomet/26.4.404."""
    low = float(stats.beta.ppf(alpha / 2, right, n - right + 1)) if right else 0.0
    high = float(stats.beta.ppf(1 - alpha / 2, right + 1, n - right)) if right < n else 1.0
    return low, high


def share_right(sensitivity: float) -> float:
    """Share of right answers of a listener who takes X for what is nearer (differencing).

    Source: Macmillan & Creelman 2005, Detection Theory, 2nd ed., eq. 9.6.
    """
    a, b = sensitivity / np.sqrt(2), sensitivity / np.sqrt(6)
    return float(stats.norm.cdf(a) * stats.norm.cdf(b) + stats.norm.cdf(-a) * stats.norm.cdf(-b))


def d_prime(share: float) -> float:
    """d′ from a share of right answers; 0 at or below chance, infinite (NaN) with no error."""
    if share <= CHANCE:
        return 0.0
    if share >= share_right(LARGEST_D_PRIME):
        return np.nan
    return float(brentq(lambda d: share_right(d) - share, 0.0, LARGEST_D_PRIME))
