"""The cumulative link mixed model of one complete simulated study, as the report fits it."""

from __future__ import annotations

import numpy as np

from earwitness.stimuli.errors import DataError

from ..arrays import Floats
from ..ordinal.clmm import fit_clmm
from ..ordinal.data import ordinal_data
from ..random_effects.terms import RandomTerm


def cumulative_model(study: Floats) -> tuple[Floats, Floats]:
    """Every system against the first, in logits: estimates and standard errors.

    Args:
        study: participant × item × system ratings 1..n, complete.

    Returns:
        NaN where no finite estimate exists or the fit does not pass its check.
    """
    participants, items, systems = study.shape
    p, i, s = (axis.ravel() for axis in np.indices(study.shape))
    terms = [
        RandomTerm("participant", p, participants),
        RandomTerm("item", i, items),
        RandomTerm("participant:system", p * systems + s, participants * systems),
        RandomTerm("item:system", i * systems + s, items * systems),
    ]
    names = [f"system[{k}]" for k in range(1, systems)]
    X = (s[:, None] == np.arange(1, systems)).astype(float)
    nothing = np.full(systems - 1, np.nan)
    try:
        fit = fit_clmm(ordinal_data(study.ravel(), X, names), terms)
    except DataError:
        return nothing, nothing
    if not fit.converged:
        return nothing, nothing
    found = [fit.combination(row) for row in np.eye(systems - 1)]
    return np.array([f[0] for f in found]), np.array([f[1] for f in found])
