"""Ratings that the tests of the ordinal models share."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from earwitness.analysis.random_effects.terms import RandomTerm, partition

# Bitterness of wine, 1..5: nine judges (rows) × eight bottles. Bottles 1-4 were pressed cold, 5-8
# warm; 3, 4, 7 and 8 with contact of juice and skins.
# Randall 1989, Biometrical Journal 31, 781-793.
WINE = (
    "23344455", "12132354", "23325544", "32323253", "23433333",
    "32322454", "11222323", "22233334", "12323244",
)  # fmt: skip
WINE_NAMES = ("tempwarm", "contactyes")
SYSTEM_BY_QUESTION = (
    "systemS1", "systemS2", "systemS3", "questionQ2", "questionQ3",
    "systemS1:questionQ2", "systemS2:questionQ2", "systemS3:questionQ2",
    "systemS1:questionQ3", "systemS2:questionQ3", "systemS3:questionQ3",
)  # fmt: skip


def wine() -> pd.DataFrame:
    """One row per rating: rating, tempwarm, contactyes, judge, bottle."""
    return pd.DataFrame(
        [
            {
                "rating": int(rating), "tempwarm": float(bottle >= 4),
                "contactyes": float(bottle % 4 >= 2), "judge": f"j{judge}", "bottle": f"b{bottle}",
            }
            for judge, row in enumerate(WINE)
            for bottle, rating in enumerate(row)
        ]
    )  # fmt: skip


def wine_design(frame: pd.DataFrame) -> np.ndarray:
    return frame[list(WINE_NAMES)].to_numpy()


def terms(frame: pd.DataFrame, *names: str) -> list[RandomTerm]:
    """Random intercepts by name, `a:b` for combinations."""
    found = []
    for name in names:
        codes = partition(frame, name.split(":"))
        found.append(RandomTerm(name, codes, int(codes.max()) + 1))
    return found


def treatment(frame: pd.DataFrame, names: Sequence[str] = SYSTEM_BY_QUESTION) -> np.ndarray:
    """R's treatment contrasts of the synthetic table, by R's names of the columns."""
    columns = []
    for name in names:
        column = np.ones(len(frame))
        for part in name.split(":"):
            factor, level = ("system", part[6:]) if part.startswith("s") else ("scale", part[8:])
            column = column * (frame[factor] == level).to_numpy(dtype=float)
        columns.append(column)
    return np.column_stack(columns)


def simulated(
    participants: int,
    items: int,
    effects: Sequence[float],
    sds: Sequence[float],
    seed: int,
    cuts: Sequence[float] = (-2.2, -0.8, 0.6, 2.0),
) -> pd.DataFrame:
    """A full crossed design; `sds` of participant, item, participant:system and item:system."""
    rng = np.random.default_rng(seed)
    p, i, s = (
        axis.ravel()
        for axis in np.meshgrid(
            range(participants), range(items), range(len(effects)), indexing="ij"
        )
    )
    latent = (
        np.asarray(effects)[s]
        + sds[0] * rng.normal(size=participants)[p]
        + sds[1] * rng.normal(size=items)[i]
        + sds[2] * rng.normal(size=(participants, len(effects)))[p, s]
        + sds[3] * rng.normal(size=(items, len(effects)))[i, s]
        + rng.logistic(size=len(p))
    )
    value = 1.0 + (latent[:, None] > np.asarray(cuts)).sum(axis=1)
    return pd.DataFrame(
        {
            "participant": [f"p{k:03d}" for k in p], "item": [f"i{k:02d}" for k in i],
            "system": [f"s{k}" for k in s], "value": value,
        }
    )  # fmt: skip


def against_first(frame: pd.DataFrame) -> tuple[np.ndarray, list[str]]:
    """Indicators of the systems but the first, and their names."""
    systems = sorted(frame["system"].unique())[1:]
    columns = [(frame["system"] == system).to_numpy(dtype=float) for system in systems]
    return np.column_stack(columns), [f"system[{system}]" for system in systems]
