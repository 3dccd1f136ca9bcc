"""Likelihood-ratio tests of cumulative models, and whether an effect is the same at every cut."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import chi2

from earwitness.stimuli.errors import DataError

from ..arrays import Floats
from ..random_effects.terms import Codes, RandomTerm
from .clmm import best_log_likelihood
from .data import OrdinalData, ordinal_data
from .model import OrdinalMixedModel


@dataclass(frozen=True)
class LikelihoodRatio:
    """Twice the gain in log-likelihood against χ² with `df` degrees of freedom."""

    statistic: float
    df: int
    p: float


def likelihood_ratio(larger: OrdinalMixedModel, smaller: OrdinalMixedModel) -> LikelihoodRatio:
    """Test the fixed effects or cut points that `smaller` leaves out.

    Random terms that a fit dropped count for neither model.

    Raises:
        DataError: a model did not pass its own check, or they are not nested.
    """
    for model in (larger, smaller):
        if not model.converged:
            raise DataError(f"no likelihood-ratio test: {model.convergence.complaint}")
    df = _fixed(larger) - _fixed(smaller)
    statistic = 2 * (larger.log_likelihood - smaller.log_likelihood)
    if df < 1 or len(larger.data.y) != len(smaller.data.y) or statistic < -1e-3:
        raise DataError("no likelihood-ratio test: the models are not nested")
    statistic = max(statistic, 0.0)
    return LikelihoodRatio(statistic, df, float(chi2.sf(statistic, df)))


def _fixed(model: OrdinalMixedModel) -> int:
    return len(model.data.parameter_names)


def gained(larger: float, smaller: float, df: int) -> LikelihoodRatio:
    """The test from both log-likelihoods."""
    statistic = max(2 * (larger - smaller), 0.0)
    return LikelihoodRatio(statistic, df, float(chi2.sf(statistic, df)))


def effects_left_out(
    model: OrdinalMixedModel, values: Floats, X: Floats, terms: Sequence[RandomTerm],
    kept: Sequence[int],
) -> float:  # fmt: skip
    """The largest log-likelihood with only the columns `kept` of X.

    Raises:
        DataError: as `best_log_likelihood`.
    """
    data = ordinal_data(
        values, np.asarray(X)[:, list(kept)], [model.names[k] for k in kept],
        link=model.data.link_name, guess=model.data.guess,
    )  # fmt: skip
    return best_log_likelihood(data, terms)


def nominal_data(
    model: OrdinalMixedModel,
    values: Floats,
    X: Floats,
    group: Codes,
    group_names: Sequence[str],
    columns: Sequence[str],
) -> tuple[OrdinalData, int]:
    """What the model without proportional odds is fitted to, and the parameters that it has more.

    Args:
        model: the proportional odds model.
        values: the n answers that it was fitted to.
        X: n × p fixed effects that it was fitted to.
        group: of each rating, 0..G-1.
        group_names: of the groups.
        columns: fixed effects that the groups' cut points replace.

    Returns:
        The data, and (J − 2) × (G − 1) when `columns` tell the groups apart (an answer that a group
        misses lowers the statistic, not the degrees of freedom: conservative).

    Source: Peterson & Harrell 1990, doi 10.2307/2347760.
    """
    kept = [k for k, name in enumerate(model.names) if name not in columns]
    data = ordinal_data(
        values, np.asarray(X)[:, kept], [model.names[k] for k in kept],
        link=model.data.link_name, group=group, group_names=group_names,
    )  # fmt: skip
    return data, (len(model.data.answers) - 1) * (len(group_names) - 1) - len(columns)


def nominal_effects(
    model: OrdinalMixedModel,
    values: Floats,
    X: Floats,
    terms: Sequence[RandomTerm],
    group: Codes,
    group_names: Sequence[str],
    columns: Sequence[str],
) -> LikelihoodRatio:
    """Test proportional odds: cut points of their own for each group (arguments: `nominal_data`).

    Raises:
        DataError: as `best_log_likelihood`.
    """
    data, df = nominal_data(model, values, X, group, group_names, columns)
    return gained(best_log_likelihood(data, terms), model.log_likelihood, df)
