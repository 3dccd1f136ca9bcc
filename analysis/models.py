"""The models of each scale as records; no coefficient of a fit that failed its check.

Category scales get a cumulative link mixed model, whose logits need no equal steps between answers,
and a linear mixed model beside it, which speaks in points; other scales the linear one alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from earwitness.stimuli.errors import DataError

from .arrays import Floats
from .linear.lmm import LinearMixedModel, fit_lmm
from .ordinal.clmm import fit_clmm
from .ordinal.data import OrdinalData, ordinal_data
from .ordinal.model import OrdinalMixedModel
from .random_effects.terms import RandomTerm, random_terms
from .records.report import Coefficient, Model, RandomDeviation, Scale


@dataclass(frozen=True)
class Fits:
    """What was fitted to one scale; a fit that failed its check is None here."""

    records: list[Model]  # the primary one first
    systems: tuple[str, ...]  # that were modelled
    ordinal: OrdinalMixedModel | None
    linear: LinearMixedModel | None
    ordinal_data: OrdinalData | None


@dataclass(frozen=True)
class _Design:
    """The ratings of a scale, ready to be fitted."""

    ratings: pd.DataFrame
    scale: Scale
    names: list[str]  # of the columns of X
    X: Floats  # systems against the baseline, no intercept
    y: Floats
    terms: list[RandomTerm]
    notes: list[str]


def fit_scale(ratings: pd.DataFrame, scale: Scale, systems: Sequence[str], baseline: str) -> Fits:
    """Fit the ratings on the systems, with random participant, item and both × system.

    Args:
        ratings: of one scale (participant, item, system, value).
        scale: whose categories decide which model is primary.
        systems: to be modelled; the ratings of others are left out.
        baseline: the system that coefficients are differences from.
    """
    ratings = ratings[ratings["system"].isin(systems)].reset_index(drop=True)
    others = [system for system in systems if system != baseline]
    system_of = ratings["system"].to_numpy()
    X = np.array([np.where(system_of == name, 1.0, 0.0) for name in others])
    terms, notes = random_terms(ratings)
    design = _Design(ratings, scale, [f"system[{name}]" for name in others],
                     X.reshape(len(others), len(ratings)).T,
                     ratings["value"].to_numpy(dtype=float), terms, notes)  # fmt: skip
    refusal = _refusal(design)
    linear_record, linear = _linear(design, refusal)
    if not scale.categories:
        return Fits([linear_record], tuple(systems), None, linear, None)
    record, ordinal, data = _cumulative(design, refusal)
    if ordinal is None and linear is not None:  # the fallback speaks, and is called primary
        record = record.model_copy(update={"primary": False})
        return Fits([linear_record, record], tuple(systems), None, linear, data)
    linear_record = linear_record.model_copy(update={"primary": False})
    return Fits([record, linear_record], tuple(systems), ordinal, linear, data)


def to_model(
    scale: Scale, systems: Sequence[str], baseline: str, roles: Mapping[str, str]
) -> list[str]:
    """The systems that go into the models.

    On a scale without categories a hidden reference and anchors stay out: they lie at its ends,
    with so little spread that one residual variance for all would make the other differences look
    surer than they are. They are compared by min-F′.
    """
    return [
        system for system in systems
        if scale.categories or system == baseline
        or roles.get(system, "") not in ("reference", "anchor")
    ]  # fmt: skip


def _refusal(design: _Design) -> str:
    """Why no model is fitted; empty when one is."""
    X, y = np.column_stack([np.ones(len(design.y)), design.X]), design.y
    if X.shape[1] == 1:
        return "One system: there is nothing to model."
    if np.ptp(y) == 0:
        return "All answers are equal: there is nothing to model."
    if len(y) <= X.shape[1] + len(design.terms):
        return "There are too few ratings for a model."
    residual = y - X @ np.linalg.lstsq(X, y, rcond=None)[0]
    if np.sum(residual**2) < 1e-9 * np.sum((y - y.mean()) ** 2):
        return "All answers to a system are equal: there is no spread to model."
    if not design.terms:
        return "Neither participants nor items repeat: a mixed model cannot be fitted."
    return ""


def _linear(design: _Design, refusal: str) -> tuple[Model, LinearMixedModel | None]:
    record = _empty_record(design, "lmm", refusal)
    if refusal:
        return record, None
    X = np.column_stack([np.ones(len(design.y)), design.X])
    fit = fit_lmm(design.y, X, ["(Intercept)", *design.names], design.terms)
    groups = [term for term in fit.deviations if term != "residual"]
    update = {"formula": _formula(groups), "notes": [*design.notes, *fit.notes]}
    if not fit.converged:
        return record.model_copy(update=update), None
    return record.model_copy(
        update=update | {
            "converged": True, "log_likelihood": fit.log_likelihood,
            "coefficients": _coefficients(fit.names, fit.coefficients, fit.standard_errors),
            "random": _deviations(fit.deviations),
        }
    ), fit  # fmt: skip


def _cumulative(
    design: _Design, refusal: str
) -> tuple[Model, OrdinalMixedModel | None, OrdinalData | None]:
    record = _empty_record(design, "clmm", refusal)
    if refusal:
        return record, None, None
    try:
        data = ordinal_data(design.y, design.X, design.names, scale=design.scale.categories)
        fit = fit_clmm(data, design.terms)
    except DataError as error:
        notes = [*design.notes, f"No cumulative model: {error}."]
        return record.model_copy(update={"notes": notes}), None, None
    update = {
        "formula": _formula([term.name for term in fit.random]),
        "notes": [*design.notes, *fit.notes],
    }
    if not fit.converged:
        return record.model_copy(update=update), None, data
    cuts = len(data.cuts.names)
    return record.model_copy(
        update=update | {
            "converged": True, "log_likelihood": fit.log_likelihood,
            "coefficients": _coefficients(fit.names, fit.coefficients,
                                          fit.standard_errors[cuts:cuts + len(fit.names)]),
            "thresholds": _coefficients(data.cuts.names, fit.thresholds,
                                        fit.standard_errors[:cuts]),
            "random": _deviations(fit.deviations),
        }
    ), fit, data  # fmt: skip


def _empty_record(design: _Design, kind: str, refusal: str) -> Model:
    ratings = design.ratings
    return Model(
        id=f"{kind}-{design.scale.id}", primary=True, scale=design.scale.id,
        family="cumulative" if kind == "clmm" else "gaussian",
        link="logit" if kind == "clmm" else "identity", formula="", n_ratings=len(ratings),
        n_participants=ratings["participant"].nunique(), n_items=ratings["item"].nunique(),
        log_likelihood=None, coefficients=[], thresholds=[], random=[], converged=False,
        notes=[refusal] if refusal else [],
    )  # fmt: skip


def _coefficients(names: Sequence[str], values: Floats, errors: Floats) -> list[Coefficient]:
    return [
        Coefficient(term=name, estimate=float(value), se=float(error))
        for name, value, error in zip(names, values, errors, strict=True)
    ]


def _deviations(deviations: Mapping[str, float]) -> list[RandomDeviation]:
    return [RandomDeviation(term=term, sd=sd) for term, sd in deviations.items()]


def _formula(groups: Sequence[str]) -> str:
    """The formula that was fitted in the end, in lme4's notation."""
    return " + ".join(["rating ~ system", *(f"(1 | {group})" for group in groups)])
