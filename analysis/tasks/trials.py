"""Comparisons of two systems, one per trial, from the rows of `ratings.csv`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..arrays import Floats


@dataclass(frozen=True)
class Comparisons:
    """One row per comparison: participant, item, first, second (heard as A and as B), outcome.

    `outcome` > 0: the first was preferred; 0: neither.
    """

    rows: pd.DataFrame
    systems: tuple[str, ...]

    @property
    def signs(self) -> Floats:
        """Comparison × system: +1 for the first, −1 for the second."""
        found = np.zeros((len(self.rows), len(self.systems)))
        for k, system in enumerate(self.systems):
            found[:, k] = (self.rows["first"] == system).astype(float)
            found[:, k] -= (self.rows["second"] == system).astype(float)
        return found

    def between(self, system: str, other: str) -> pd.DataFrame:
        """Direct comparisons of two systems; `outcome` > 0 where `system` was preferred."""
        rows = self.rows
        ahead = (rows["first"] == system) & (rows["second"] == other)
        behind = (rows["first"] == other) & (rows["second"] == system)
        turned = rows[behind].assign(outcome=-rows.loc[behind, "outcome"])
        return pd.concat([rows[ahead], turned], ignore_index=True)


def comparisons(ratings: pd.DataFrame) -> Comparisons:
    """Collect the comparisons of a scale.

    Two rows of one trial (1, 0 or ½ each) are one comparison, the outcome their difference. A row
    alone is one too: its value says how much its system was preferred to `versus` (−3…+3, say).
    """
    frame = ratings.assign(
        trial=ratings["trial"] if "trial" in ratings else np.arange(len(ratings)),
        slot=ratings.get("slot", ""),
    )
    frame["pair"] = [" ".join(sorted(pair)) for pair in zip(frame["system"], frame["versus"],
                                                            strict=True)]  # fmt: skip
    keys = ["participant", "session", "trial", "item", "pair"]
    frame = frame.sort_values([*keys, "slot"], kind="stable")
    group = frame.groupby(keys, sort=False, dropna=False)
    place, size = group.cumcount(), group["value"].transform("size")
    firsts = frame[(place == 0)]
    seconds = group["value"].last().to_numpy()
    alone = (size[place == 0] == 1).to_numpy()
    outcome = firsts["value"].to_numpy() - np.where(alone, 0.0, seconds)
    rows = pd.DataFrame(
        {
            "participant": firsts["participant"].to_numpy(), "item": firsts["item"].to_numpy(),
            "first": firsts["system"].to_numpy(), "second": firsts["versus"].to_numpy(),
            "outcome": outcome,
        }
    )  # fmt: skip
    return Comparisons(rows, tuple(sorted({*rows["first"], *rows["second"]})))
