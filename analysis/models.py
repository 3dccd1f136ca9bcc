"""The primary model of each scale as a record; no coefficient of a fit that failed its check."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from .lmm import LinearMixedModel, fit_lmm
from .random_terms import random_terms
from .records import Coefficient, Model, RandomDeviation
from .reml import Floats


def fit_scale(
    ratings: pd.DataFrame, scale: str, systems: Sequence[str], baseline: str
) -> tuple[Model, LinearMixedModel | None]:
    """Fit the ratings on the systems, with random participant, item and both × system.

    Args:
        ratings: of one scale (participant, item, system, value).
        scale: its id.
        systems: that occur.
        baseline: the system that coefficients are differences from.

    Returns:
        The record, and the fit itself where there is one.
    """
    others = [system for system in systems if system != baseline]
    names = ["(Intercept)", *(f"system[{system}]" for system in others)]
    system_of = ratings["system"].to_numpy()
    columns = [np.ones(len(ratings)), *(np.where(system_of == name, 1.0, 0.0) for name in others)]
    y = ratings["value"].to_numpy(dtype=float)
    terms, notes = random_terms(ratings)
    X = np.column_stack(columns)
    refusal = _refusal(y, X, len(terms))
    if refusal:
        return _record(ratings, scale, None, [refusal]), None
    fit = fit_lmm(y, X, names, terms)
    return _record(ratings, scale, fit, notes), fit


def _refusal(y: Floats, X: Floats, terms: int) -> str:
    """Why no model is fitted; empty when one is."""
    if X.shape[1] == 1:
        return "One system: there is nothing to model."
    if np.ptp(y) == 0:
        return "All answers are equal: there is nothing to model."
    if len(y) <= X.shape[1] + terms:
        return "There are too few ratings for a model."
    residual = y - X @ np.linalg.lstsq(X, y, rcond=None)[0]
    if np.sum(residual**2) < 1e-9 * np.sum((y - y.mean()) ** 2):
        return "All answers to a system are equal: there is no spread to model."
    if not terms:
        return "Neither participants nor items repeat: a mixed model cannot be fitted."
    return ""


def _record(
    ratings: pd.DataFrame, scale: str, fit: LinearMixedModel | None, notes: list[str]
) -> Model:
    coefficients: list[Coefficient] = []
    random: list[RandomDeviation] = []
    likelihood = None
    if fit is not None and fit.converged:
        coefficients = [
            Coefficient(term=name, estimate=estimate, se=se)
            for name, estimate, se in zip(
                fit.names, fit.coefficients, fit.standard_errors, strict=True
            )
        ]
        random = [RandomDeviation(term=term, sd=sd) for term, sd in fit.deviations.items()]
        likelihood = fit.log_likelihood
    return Model(
        id=f"lmm-{scale}", primary=True, scale=scale, family="gaussian", link="identity",
        formula=_formula(fit), n_ratings=len(ratings),
        n_participants=ratings["participant"].nunique(), n_items=ratings["item"].nunique(),
        log_likelihood=likelihood, coefficients=coefficients, thresholds=[], random=random,
        converged=fit is not None and fit.converged, notes=[*notes, *(fit.notes if fit else ())],
    )  # fmt: skip


def _formula(fit: LinearMixedModel | None) -> str:
    """The formula that was fitted in the end, in lme4's notation."""
    if fit is None:
        return ""
    groups = [f"(1 | {term})" for term in fit.deviations if term != "residual"]
    return " + ".join(["rating ~ system", *groups])
