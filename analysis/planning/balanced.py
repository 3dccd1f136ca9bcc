"""The report's linear tests for many complete studies at once, in closed form.

Where everyone rates everything once, the restricted likelihood of the model

    rating ~ system + (1 | participant) + (1 | item) + (1 | participant:system) + (1 | item:system)

falls apart into the mean squares of the strata. Its maximum is their isotonic regression under
residual ≤ participant:system ≤ participant and residual ≤ item:system ≤ item (a variance of zero
is a tie), and Satterthwaite's df follow from the df of the pooled strata. So an estimate, its error
and df are those of `fit_lmm`, some ten thousand times faster.

Source: Searle, Casella & McCulloch 1992, Variance Components, §4.3 and §6.6 (REML with balanced
data); Robertson, Wright & Dykstra 1988, Order Restricted Statistical Inference, §1.4 and §1.5.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from ..arrays import Floats


@dataclass(frozen=True)
class Comparisons:
    """Every system against the first: study × system (without the first)."""

    estimates: Floats
    errors: Floats
    df: Floats

    @property
    def p(self) -> Floats:
        """Two-sided, unadjusted; 1 where nothing varies."""
        with np.errstate(divide="ignore", invalid="ignore"):
            statistic = np.abs(self.estimates) / self.errors
        return np.asarray(np.where(self.errors > 0, 2 * stats.t.sf(statistic, self.df), 1.0))

    def reach(self, alpha: float) -> Floats:
        """Half the width of the intervals at level 1 − alpha."""
        return np.asarray(stats.t.isf(alpha / 2, self.df) * self.errors)


@dataclass(frozen=True)
class _Strata:
    """Mean squares (study × stratum) and df: residual, then the two chains above it."""

    squares: Floats
    df: Floats


_RESIDUAL, _PAIRED, _PARTICIPANT, _MATCHED, _ITEM = range(5)
_CHAINS = ((_PAIRED, _PARTICIPANT), (_MATCHED, _ITEM))
_SIGNS = {_RESIDUAL: -1.0, _PAIRED: 1.0, _MATCHED: 1.0}  # in the variance of a difference


def linear_model(ratings: Floats) -> Comparisons:
    """The linear mixed model with all four random terms.

    Args:
        ratings: study × participant × item × system, complete; at least 2 of each.
    """
    studies, participants, items, systems = ratings.shape
    strata = _Strata(*mean_squares(ratings))
    root, values, merged = _isotonic(strata)
    scale = 2.0 / (participants * items)
    weight_root = np.full(studies, _SIGNS[_RESIDUAL])
    df_root = np.full(studies, strata.df[_RESIDUAL])
    variance = np.zeros(studies)
    uncertainty = np.zeros(studies)
    for (first, second), value, (in_root, second_in_root, pooled) in zip(
        _CHAINS, values, merged, strict=True
    ):
        weight_root += np.where(in_root, 1.0, 0.0)
        df_root += np.where(in_root, strata.df[first], 0.0)
        df_root += np.where(second_in_root, strata.df[second], 0.0)
        own_df = strata.df[first] + np.where(pooled, strata.df[second], 0.0)
        variance += np.where(in_root, 0.0, value)
        uncertainty += np.where(in_root, 0.0, 2 * value**2 / own_df)
    variance += weight_root * root
    uncertainty += weight_root**2 * 2 * root**2 / df_root
    with np.errstate(divide="ignore", invalid="ignore"):
        df = np.where(uncertainty > 0, 2 * variance**2 / uncertainty, np.nan)
    means = ratings.mean(axis=(1, 2))
    estimates = means[:, 1:] - means[:, :1]
    errors = np.sqrt(scale * np.maximum(variance, 0.0))
    wide = np.ones((1, systems - 1))
    return Comparisons(estimates, errors[:, None] * wide, df[:, None] * wide)


def mean_squares(ratings: Floats) -> tuple[Floats, Floats]:
    """Mean squares (study × stratum) and df of the five strata.

    The order: residual, participant:system, participant, item:system, item. They come from the
    means alone: what is left of the total is the residual's.
    """
    _, participants, items, systems = ratings.shape
    p, i, s = participants - 1, items - 1, systems - 1
    grand = ratings.mean(axis=(1, 2, 3), keepdims=True)
    paired = ratings.mean(axis=2) - grand[..., 0]  # study × participant × system
    matched = ratings.mean(axis=1) - grand[..., 0]
    by_system = paired.mean(axis=1, keepdims=True)
    by_participant = paired.mean(axis=2, keepdims=True)
    by_item = matched.mean(axis=2, keepdims=True)
    sums = [
        items * _square(paired - by_system - by_participant),
        items * systems * _square(by_participant),
        participants * _square(matched - by_system - by_item),
        participants * systems * _square(by_item),
    ]
    cells = participants * items * systems
    total = np.einsum("npik,npik->n", ratings, ratings) - cells * grand[:, 0, 0, 0] ** 2
    rest = total - sum(sums) - participants * items * _square(by_system)
    rest = np.where(rest > 1e-10 * total, rest, 0.0)  # all the same but for rounding
    df = np.array([p * i * systems, p * s, p, i * s, i], dtype=float)
    return np.stack([rest, *sums], axis=1) / df, df


def _square(deviations: Floats) -> Floats:
    return np.asarray(np.sum(deviations**2, axis=(1, 2)))


_Merged = tuple[Floats, Floats, Floats]


def _isotonic(strata: _Strata) -> tuple[Floats, list[Floats], list[_Merged]]:
    """The residual, the interaction of each chain, and what was pooled.

    Of each chain: whether its interaction and its main effect fell to the residual, and whether the
    two were pooled with each other.
    """
    squares, df = strata.squares, strata.df
    lower_sets = [
        [_RESIDUAL, *first, *second]
        for first in (_CHAINS[0][:k] for k in range(3))
        for second in (_CHAINS[1][:k] for k in range(3))
    ]
    root = np.min([squares[:, s] @ df[s] / df[s].sum() for s in lower_sets], axis=0)
    values, merged = [], []
    for first, second in _CHAINS:
        together = squares[:, [first, second]] @ df[[first, second]]
        together = together / (df[first] + df[second])
        pooled = squares[:, second] < squares[:, first]
        value = np.where(pooled, together, squares[:, first])
        in_root = value <= root
        second_in_root = in_root & (pooled | (squares[:, second] <= root))
        values.append(np.maximum(value, root))
        merged.append((in_root, second_in_root, pooled & ~in_root))
    return root, values, merged


def min_f(ratings: Floats) -> Comparisons:
    """min-F′ as a t, as `crossed_mean` gives it for one complete study."""
    difference = ratings[..., 1:] - ratings[..., :1]
    participants, items = difference.shape[1:3]
    over_participants = difference.mean(axis=2).var(axis=1, ddof=1) / participants
    over_items = difference.mean(axis=1).var(axis=1, ddof=1) / items
    total = over_participants + over_items
    spread = over_participants**2 / (participants - 1) + over_items**2 / (items - 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        df = np.where(spread > 0, total**2 / spread, min(participants, items) - 1.0)
    return Comparisons(difference.mean(axis=(1, 2)), np.sqrt(total), df)


def primary(ratings: Floats, fewest_items: int) -> Comparisons:
    """What decides in the report on a scale without categories: min-F′ with few items."""
    return linear_model(ratings) if ratings.shape[2] >= fewest_items else min_f(ratings)
