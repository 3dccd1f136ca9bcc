"""Pooled cumulative logit with two-way cluster-robust errors, beside the mixed model.

It assumes no distribution of participants or items; they enter the standard errors alone.

Source: Cameron, Gelbach & Miller 2011, doi 10.1198/jbes.2010.07136 (participants + items − both).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..arrays import Floats
from ..random_effects.terms import Codes
from .clmm import fit_clmm
from .data import OrdinalData


@dataclass(frozen=True)
class PooledOrdinal:
    """Fixed effects in logits, with standard errors clustered by participants and by items."""

    names: tuple[str, ...]
    coefficients: Floats
    covariance: Floats
    df: float  # one less than the fewer of participants and items

    @property
    def standard_errors(self) -> Floats:
        """NaN where the clusters are too few for a positive variance."""
        variances = np.diagonal(self.covariance)
        return np.asarray(np.sqrt(np.where(variances > 0, variances, np.nan)))

    def combination(self, weights: Floats) -> tuple[float, float]:
        """Estimate and standard error of `weights @ coefficients`."""
        variance = float(weights @ self.covariance @ weights)
        error = float(np.sqrt(variance)) if variance > 0 else np.nan
        return float(weights @ self.coefficients), error


def fit_pooled(data: OrdinalData, participants: Codes, items: Codes) -> PooledOrdinal | None:
    """Fit without random effects; None where the model did not pass its check.

    Raises:
        DataError: no finite estimate exists.
    """
    fit = fit_clmm(data, [])
    if not fit.converged:
        return None
    patterns = data.patterns
    slopes = data.link.slopes(*patterns.cut_points(fit.parameters))
    scores = slopes.hi[:, None] * patterns.upper + slopes.lo[:, None] * patterns.lower
    both = np.unique(participants * (int(items.max()) + 1) + items, return_inverse=True)[1]
    meat = (
        _meat(scores, patterns.codes, participants)
        + _meat(scores, patterns.codes, items)
        - _meat(scores, patterns.codes, both)
    )
    covariance = fit.covariance @ meat @ fit.covariance
    part = slice(len(data.cuts.names), None)
    df = min(len(np.unique(participants)), len(np.unique(items))) - 1.0
    return PooledOrdinal(fit.names, fit.coefficients, covariance[part, part], df)


def _meat(scores: Floats, patterns: Codes, clusters: Codes) -> Floats:
    """Σ over clusters of the outer product of their scores, with the small-sample factor."""
    groups, width = int(clusters.max()) + 1, len(scores)
    counts = np.bincount(clusters * width + patterns, minlength=groups * width)
    sums = counts.reshape(groups, width) @ scores
    occupied = int(np.sum(counts.reshape(groups, width).sum(axis=1) > 0))
    n, k = len(patterns), scores.shape[1]
    factor = occupied / max(occupied - 1, 1) * (n - 1) / (n - k)
    return np.asarray(factor * (sums.T @ sums))
