"""The models of each scale as records; no coefficient of a fit that failed its check.

A cumulative link mixed model, whose logits need no equal steps between answers, and beside it a
linear mixed model, which speaks in points. On a slider each answer that occurs is a category of its
own (a mixed cumulative probability model), which any monotone change of the scale leaves as it is:
Liu, Shepherd, Li & Harrell 2017, doi 10.1002/sim.7433. Where answers hardly repeat, the linear
model is alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from earwitness.stimuli.errors import DataError
from earwitness.stimuli.formula import DEFAULT_FORMULA, DEFAULT_GROUPS, Formula, parse_formula

from .arrays import Floats
from .formulas.design import FixedDesign, Level, fixed_design
from .linear.lmm import LinearMixedModel, fit_lmm
from .ordinal.clmm import fit_clmm
from .ordinal.data import OrdinalData, ordinal_data
from .ordinal.model import OrdinalMixedModel
from .random_effects.terms import RandomTerm, random_terms
from .records.models import Convergence
from .records.report import Coefficient, Model, RandomDeviation, Scale

SYSTEMS_ALONE = parse_formula(DEFAULT_FORMULA)
MOST_ANSWERS = 201  # of a scale without categories: a slider in steps of a half
FEWEST_PER_ANSWER = 3  # ratings, on average; with fewer the cut points are too many for the data


@dataclass(frozen=True)
class Fits:
    """What was fitted to one scale; a fit that failed its check is None here."""

    records: list[Model]  # the primary one first
    systems: tuple[str, ...]  # that were modelled
    formula: Formula
    ratings: pd.DataFrame  # that were modelled
    fixed: FixedDesign | None  # None where there is nothing to model
    terms: list[RandomTerm]
    ordinal: OrdinalMixedModel | None
    linear: LinearMixedModel | None
    ordinal_data: OrdinalData | None

    def difference(
        self, system: str, baseline: str, held: Mapping[str, Level] | None = None
    ) -> Floats | None:
        """Weights of the coefficients that make a difference of two systems' marginal means.

        Other factors have equal weights and numbers are at their means; `held` holds some of them.
        None where the formula does not tell the two apart, or the ratings do not determine it.
        """
        if self.fixed is None or not {system, baseline} <= set(self.fixed.by_system):
            return None
        means = [
            self.fixed.rows_at({**(held or {}), "system": name}).mean(axis=0)
            for name in (system, baseline)
        ]
        weights = self.fixed.weights(means[0] - means[1])
        return weights if weights is not None and np.any(np.abs(weights) > 1e-12) else None


@dataclass(frozen=True)
class _Design:
    """The ratings of a scale, ready to be fitted."""

    ratings: pd.DataFrame
    scale: Scale
    formula: Formula
    fixed: FixedDesign | None
    y: Floats
    terms: list[RandomTerm]
    notes: list[str]
    refusal: str  # why no model is fitted; empty when one is


def fit_scale(
    ratings: pd.DataFrame,
    scale: Scale,
    systems: Sequence[str],
    baseline: str,
    formula: Formula = SYSTEMS_ALONE,
) -> Fits:
    """Fit the ratings by a formula, with random participant, item and both × system.

    Args:
        ratings: of one scale (participant, item, system, value and the formula's variables).
        scale: whose categories decide which model is primary.
        systems: to be modelled; the ratings of others are left out.
        baseline: the system that coefficients are differences from.
        formula: of the fixed effects, and of random terms beside those.
    """
    design = _design(ratings, scale, systems, baseline, formula)
    linear_record, linear = _linear(design)
    record, ordinal, data = None, None, None
    if scale.categories or _repeats(design.y):
        record, ordinal, data = _cumulative(design)
    records = [linear_record]
    if record is not None and (ordinal is not None or linear is None):
        records = [record, linear_record.model_copy(update={"primary": False})]
    elif record is not None:  # the fallback speaks, and is called primary
        records = [linear_record, record.model_copy(update={"primary": False})]
    return Fits(records, tuple(systems), formula, design.ratings, design.fixed, design.terms,
                ordinal, linear, data)  # fmt: skip


def _design(
    ratings: pd.DataFrame, scale: Scale, systems: Sequence[str], baseline: str, formula: Formula
) -> _Design:
    ratings = ratings[ratings["system"].isin(systems)]
    missing = ratings[list(formula.variables)].isna()
    notes = [
        f"{count} ratings without {name} are not in the model."
        for name, count in missing.sum().items()
        if count
    ]
    ratings = ratings[~missing.any(axis=1)].reset_index(drop=True)
    y = ratings["value"].to_numpy(dtype=float)
    if ratings.empty:
        return _Design(ratings, scale, formula, None, y, [], notes, "No rating has all variables.")
    present = [s for s in (baseline, *systems) if (ratings["system"] == s).any()]
    fixed, refusal = fixed_design(ratings, formula, list(dict.fromkeys(present)))
    terms, left_out = random_terms(ratings, (*DEFAULT_GROUPS, *formula.groups))
    notes += [*(fixed.notes if fixed else ()), *left_out]
    if fixed is not None:
        refusal = _refusal(fixed, y, terms)
    return _Design(ratings, scale, formula, fixed, y, terms, notes, refusal)


def _repeats(y: Floats) -> bool:
    """Whether answers on a scale without categories repeat enough for cut points of their own."""
    count = len(np.unique(y))
    return count <= MOST_ANSWERS and len(y) >= FEWEST_PER_ANSWER * count


def to_model(
    scale: Scale, systems: Sequence[str], baseline: str, roles: Mapping[str, str]
) -> list[str]:
    """The systems that go into the models.

    On a scale without categories a hidden reference and anchors stay out: they lie at its ends,
    with so little spread that one residual variance for all would make the other differences look
    surer than they are, and separate perfectly on the latent scale. They are compared by min-F′.
    """
    return [
        system for system in systems
        if scale.categories or system == baseline
        or roles.get(system, "") not in ("reference", "anchor")
    ]  # fmt: skip


def _refusal(fixed: FixedDesign, y: Floats, terms: Sequence[RandomTerm]) -> str:
    """Why no model is fitted; empty when one is."""
    X = _with_intercept(fixed)
    if np.ptp(y) == 0:
        return "All answers are equal: there is nothing to model."
    if len(y) <= X.shape[1] + len(terms):
        return "There are too few ratings for a model."
    residual = y - X @ np.linalg.lstsq(X, y, rcond=None)[0]
    if np.sum(residual**2) < 1e-9 * np.sum((y - y.mean()) ** 2):
        return "All answers to a system are equal: there is no spread to model."
    if not terms:
        return "Neither participants nor items repeat: a mixed model cannot be fitted."
    return ""


def _with_intercept(fixed: FixedDesign) -> Floats:
    return np.column_stack([np.ones(len(fixed.X)), fixed.X])


def _linear(design: _Design) -> tuple[Model, LinearMixedModel | None]:
    record = _empty_record(design, "lmm")
    if design.refusal or design.fixed is None:
        return record, None
    names = ["(Intercept)", *design.fixed.names]
    fit = fit_lmm(design.y, _with_intercept(design.fixed), names, design.terms)
    groups = [term for term in fit.deviations if term != "residual"]
    update = {"formula": _formula(design, groups), "notes": [*design.notes, *fit.notes]}
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
    design: _Design,
) -> tuple[Model, OrdinalMixedModel | None, OrdinalData | None]:
    record = _empty_record(design, "clmm")
    fixed = design.fixed
    if design.refusal or fixed is None:
        return record, None, None
    try:
        data = ordinal_data(
            design.y, fixed.X, fixed.names, scale=design.scale.categories,
            guess=design.scale.chance,
        )  # fmt: skip
        fit = fit_clmm(data, design.terms)
    except DataError as error:
        notes = [*design.notes, f"No cumulative model: {error}."]
        return record.model_copy(update={"notes": notes}), None, None
    update = {
        "formula": _formula(design, [term.name for term in fit.random]),
        "notes": [*design.notes, *fit.notes],
        "convergence": _convergence(fit),
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


def _empty_record(design: _Design, kind: str) -> Model:
    ratings = design.ratings
    return Model(
        id=f"{kind}-{design.scale.id}", primary=True, scale=design.scale.id,
        family="cumulative" if kind == "clmm" else "gaussian",
        link="logit" if kind == "clmm" else "identity", formula="", n_ratings=len(ratings),
        n_participants=ratings["participant"].nunique(), n_items=ratings["item"].nunique(),
        log_likelihood=None, coefficients=[], thresholds=[], random=[], converged=False,
        notes=[design.refusal] if design.refusal else [],
    )  # fmt: skip


def _coefficients(names: Sequence[str], values: Floats, errors: Floats) -> list[Coefficient]:
    return [
        Coefficient(term=name, estimate=float(value), se=float(error))
        for name, value, error in zip(names, values, errors, strict=True)
    ]


def _deviations(deviations: Mapping[str, float]) -> list[RandomDeviation]:
    return [RandomDeviation(term=term, sd=sd) for term, sd in deviations.items()]


def _convergence(fit: OrdinalMixedModel) -> Convergence:
    found = fit.convergence
    return Convergence(
        max_gradient=found.max_gradient, decrement=found.decrement,
        condition_number=found.condition_number, evaluations=found.evaluations,
        dropped=list(found.dropped), second_start_difference=found.second_start_difference,
    )  # fmt: skip


def _formula(design: _Design, groups: Sequence[str]) -> str:
    """The formula that was fitted in the end, in lme4's notation."""
    written = f"rating ~ {design.formula.fixed}"
    return " + ".join([written, *(f"(1 | {group})" for group in groups)])
