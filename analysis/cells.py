"""Ratings as participant × item matrices: one per system, missing cells are NaN."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from .arrays import Floats


@dataclass(frozen=True)
class Cells:
    """The ratings of one scale. `values[system]` is participant × item; repeats are averaged."""

    participants: tuple[str, ...]
    items: tuple[str, ...]
    values: Mapping[str, Floats]

    @property
    def systems(self) -> tuple[str, ...]:
        return tuple(self.values)

    def participant_means(self) -> Floats:
        """Participant × system; NaN where a participant rated nothing of a system."""
        return np.column_stack([_row_means(matrix) for matrix in self.values.values()])

    def stimuli(self) -> Floats:
        """Participant × stimulus (item within system)."""
        return np.concatenate(list(self.values.values()), axis=1)


def make_cells(ratings: pd.DataFrame, systems: Sequence[str]) -> Cells:
    """Arrange the ratings of one scale (columns participant, item, system, value)."""
    participants = sorted(ratings["participant"].unique())
    items = sorted(ratings["item"].unique())
    means = ratings.groupby(["system", "participant", "item"])["value"].mean()
    values = {}
    for system in systems:
        table = means[system].unstack() if system in means.index else pd.DataFrame()
        values[system] = table.reindex(index=participants, columns=items).to_numpy(dtype=float)
    return Cells(tuple(participants), tuple(items), values)


def _row_means(matrix: Floats) -> Floats:
    counts = np.sum(~np.isnan(matrix), axis=1)
    return np.where(counts > 0, np.nansum(matrix, axis=1) / np.maximum(counts, 1), np.nan)
