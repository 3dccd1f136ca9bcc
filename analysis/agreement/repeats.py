"""Test–retest: how well participants repeat their own ratings."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..arrays import Floats
from ..records.report import Agreement
from ..resampling import crossed_draws, percentile_interval

FEWEST_PAIRS = 3


def repeated_pairs(ratings: pd.DataFrame) -> pd.DataFrame:
    """First and second rating of the same thing: participant, first, second."""
    keys = ["participant", "scale", "item", "system"]
    second = ratings[ratings["is_repeat"]].groupby(keys)["value"].first()
    first = ratings[~ratings["is_repeat"]].groupby(keys)["value"].first()
    pairs = pd.concat({"first": first, "second": second}, axis=1).dropna().reset_index()
    return pairs[["participant", "first", "second"]]


def concordance(first: Floats, second: Floats, weights: Floats | None = None) -> Floats:
    """Lin's concordance correlation, for each row of weights (1: every pair once).

    Source: Lin 1989, doi 10.2307/2532051.
    """
    w = np.ones((1, len(first))) if weights is None else weights
    total = w.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        x, y = w @ first / total, w @ second / total
        xx, yy = w @ first**2 / total - x**2, w @ second**2 / total - y**2
        xy = w @ (first * second) / total - x * y
        return np.asarray(2 * xy / (xx + yy + (x - y) ** 2))


def test_retest(ratings: pd.DataFrame, scale: str, alpha: float, seed: int) -> list[Agreement]:
    """Lin's concordance of all repeats, bootstrapped over participants; none without repeats."""
    pairs = repeated_pairs(ratings)
    if pairs.empty:
        return []
    first, second = pairs["first"].to_numpy(dtype=float), pairs["second"].to_numpy(dtype=float)
    people, codes = np.unique(pairs["participant"].astype(str), return_inverse=True)
    drawn = crossed_draws(len(people), 1, seed).participants[:, codes]
    enough = len(pairs) >= FEWEST_PAIRS
    value = float(concordance(first, second)[0]) if enough else np.nan
    low, high = percentile_interval(concordance(first, second, drawn), alpha)
    known = enough and bool(np.isfinite(value))
    return [
        Agreement.model_validate(
            {"scale": scale, "name": "test_retest_ccc", "value": value,
             "ci_low": low if known else None, "ci_high": high if known else None,
             "n_participants": len(people), "n_stimuli": len(pairs),
             "reason": "" if known else "needs three repeats, with answers that differ"}
        )
    ]  # fmt: skip
