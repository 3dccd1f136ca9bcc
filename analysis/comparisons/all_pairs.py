"""Every system against every other one, with the test that compares each with the baseline."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..cells import Cells
from ..models import Fits
from ..records.course import PairContrast
from ..records.report import Plan
from .family import FEWEST_ITEMS, Family, filled, latent_family, points_family, tested


def all_pairs(cells: Cells, scale: str, fits: Fits, plan: Plan) -> list[PairContrast]:
    """One record per pair, the system with the higher mean first.

    Adjusted over all pairs by the plan's method; by Holm's where that is Dunnett's, which is about
    one baseline.
    """
    systems = cells.systems
    if len(systems) < 2:
        return []
    enough = len(cells.items) >= FEWEST_ITEMS and len(cells.participants) >= 2
    points, speaks = [], []
    for other in range(1, len(systems)):
        before = systems[:other]
        points.append(points_family(cells, before, systems[other], fits))
        latent = latent_family(cells, before, systems[other], fits, points[-1]) if enough else None
        outside = [not {name, systems[other]} <= set(fits.systems) for name in before]
        speaks.append(filled(latent, points[-1], outside) if latent else points[-1])
    pairs = [(a, b) for k, b in enumerate(systems) for a in systems[:k]]
    method = "holm" if plan.multiplicity == "dunnett" else plan.multiplicity
    told, decided = (tested(_together(f), method, plan.alpha) for f in (points, speaks))
    methods = _together(speaks).methods
    return [
        PairContrast.model_validate(
            {"scale": scale, "system": a, "other": b, "p": decided.p[n],
             "p_adjusted": decided.p_adjusted[n], "adjustment": method, "method": methods[n]}
            | told.intervals[n].model_dump(exclude={"se", "df"})
            | _seen(cells, a, b)
        )
        for n, (a, b) in enumerate(pairs)
    ]  # fmt: skip


def _together(families: Sequence[Family]) -> Family:
    """One family; its correlations are not used by step procedures."""
    size = sum(len(family.estimates) for family in families)
    return Family(
        np.concatenate([family.estimates for family in families]),
        np.concatenate([family.errors for family in families]),
        np.concatenate([family.df for family in families]),
        [method for family in families for method in family.methods],
        np.eye(size),
    )


def _seen(cells: Cells, first: str, second: str) -> dict[str, int]:
    """What a comparison rests on."""
    both = ~np.isnan(cells.values[first] - cells.values[second])
    return {
        "n_participants": int(both.any(axis=1).sum()),
        "n_items": int(both.any(axis=0).sum()),
    }
