"""Tests of a formula's terms, and whether systems' effects are the same at every cut point."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import stats

from earwitness.stimuli.errors import DataError

from ..comparisons.family import FEWEST_ITEMS
from ..models import Fits
from ..ordinal.tests import effects_left_out, gained, nominal_effects
from ..random_effects.terms import partition
from ..records.models import ModelTest
from .combinations import joint_weights
from .design import FixedDesign
from .effects import FEW, Term

MOST_RATINGS = 20_000  # up to which models are fitted again for tests
MOST_ANSWERS = 11  # up to which cut points may be each system's own


def model_tests(fits: Fits, scale: str) -> list[ModelTest]:
    """Each term, by likelihood ratio and by F, and the check of proportional odds."""
    fixed = fits.fixed
    if fixed is None:
        return []
    few = fits.ratings["item"].nunique() < FEWEST_ITEMS
    records = []
    for term in fixed.columns:
        if fits.ordinal is not None:
            records.append(_ratio(fits, fixed, scale, term, few))
        if fits.linear is not None:
            records.append(_f(fits, fixed, scale, term, few))
    if fits.ordinal is not None and ("system",) in fixed.columns:
        records.append(_proportional(fits, fixed, scale))
    return records


def _ratio(fits: Fits, fixed: FixedDesign, scale: str, term: Term, few: bool) -> ModelTest:
    """Type II: with all terms that do not contain this one, with and without it."""
    model = fits.ordinal
    others = [other for other in fixed.columns if not set(term) <= set(other)]
    kept = sorted(k for other in others for k in fixed.columns[other])
    mine = sorted([*kept, *fixed.columns[term]])

    def run() -> tuple[float, int, float]:
        if model is None:
            raise DataError("there is no cumulative model")
        y = fits.ratings["value"].to_numpy(dtype=float)
        larger = model.log_likelihood
        if len(mine) < len(fixed.names):
            larger = effects_left_out(model, y, fixed.X, fits.terms, mine)
        smaller = effects_left_out(model, y, fixed.X, fits.terms, kept)
        test = gained(larger, smaller, len(mine) - len(kept))
        return test.statistic, test.df, test.p

    return _likelihood_test(fits, scale, "term", ":".join(term), few, run)


def _proportional(fits: Fits, fixed: FixedDesign, scale: str) -> ModelTest:
    model = fits.ordinal
    names = [fixed.names[k] for k in fixed.columns[("system",)]]

    def run() -> tuple[float, int, float]:
        if model is None or len(model.data.answers) > MOST_ANSWERS:
            raise DataError(f"the scale has more than {MOST_ANSWERS} answers")
        if any("system" in term and len(term) > 1 for term in fixed.columns):
            raise DataError("the systems' effects depend on other variables")
        test = nominal_effects(
            model, fits.ratings["value"].to_numpy(dtype=float), fixed.X, fits.terms,
            partition(fits.ratings, ["system"]), sorted(fits.ratings["system"].unique()), names,
        )  # fmt: skip
        return test.statistic, test.df, test.p

    return _likelihood_test(fits, scale, "proportional_odds", "system", False, run)


def _likelihood_test(
    fits: Fits, scale: str, kind: str, term: str, few: bool,
    run: Callable[[], tuple[float, int, float]],
) -> ModelTest:  # fmt: skip
    statistic, df, p, reason = np.nan, np.nan, np.nan, ""
    if len(fits.ratings) > MOST_RATINGS:
        reason = f"more than {MOST_RATINGS:,} ratings: the model is not fitted again for tests"
    else:
        try:
            statistic, df, p = run()
        except DataError as error:
            reason = str(error)
    if few and not reason:
        p, reason = np.nan, FEW
    model = next(record.id for record in fits.records if record.family == "cumulative")
    return ModelTest.model_validate(
        {"model": model, "scale": scale, "kind": kind, "term": term, "method": "likelihood_ratio",
         "statistic": statistic, "df": df, "df_residual": None, "p": p, "reason": reason}
    )  # fmt: skip


def _f(fits: Fits, fixed: FixedDesign, scale: str, term: Term, few: bool) -> ModelTest:
    """All differences between the levels, each level of the others with equal weight (type III)."""
    weights = joint_weights(fixed, term)
    statistic, df, residual, p, reason = np.nan, np.nan, np.nan, np.nan, ""
    if weights is None:
        reason = "some combinations of levels were not rated"
    elif fits.linear is not None:
        padded = np.column_stack([np.zeros(len(weights)), weights])
        statistic, df, residual = fits.linear.joint(padded)
        p, reason = (np.nan, FEW) if few else (float(stats.f.sf(statistic, df, residual)), "")
    model = next(record.id for record in fits.records if record.family == "gaussian")
    return ModelTest.model_validate(
        {"model": model, "scale": scale, "kind": "term", "term": ":".join(term),
         "method": "satterthwaite_f", "statistic": statistic, "df": df, "df_residual": residual,
         "p": p, "reason": reason}
    )  # fmt: skip
