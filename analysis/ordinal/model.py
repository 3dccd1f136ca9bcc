"""A fitted cumulative link mixed model and the record of its convergence."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..arrays import Floats
from .data import OrdinalData

AGREEMENT = 1e-4  # largest difference of log-likelihood between the two starts
LARGEST_DECREMENT = 1e-6
WORST_CONDITION = 1e8  # of the information, scaled to a unit diagonal


@dataclass(frozen=True)
class Convergence:
    """How the fit ended."""

    max_gradient: float  # of the log-likelihood
    decrement: float  # g′ H⁻¹ g: squared distance to the maximum in standard errors
    condition_number: float  # of the information, scaled to a unit diagonal; ∞ if no maximum
    evaluations: int  # of the likelihood, by the last search, the differences and the second start
    dropped: tuple[str, ...]  # random terms whose variance is estimated as zero
    second_start_difference: float  # log-likelihood reached from the second start minus the first

    @property
    def complaint(self) -> str:
        """What is wrong; empty when nothing is."""
        if not self.condition_number < WORST_CONDITION:
            return "the parameters are not determined by the data (no proper maximum)"
        if not self.decrement < LARGEST_DECREMENT:
            return "the likelihood is not flat at the point where the search stopped"
        if not abs(self.second_start_difference) < AGREEMENT:
            return "two starts ended at different likelihoods"
        return ""


@dataclass(frozen=True)
class RandomEstimate:
    """A random term, on the latent scale: one column for an intercept, several for slopes."""

    name: str
    columns: tuple[str, ...]
    deviations: Floats  # standard deviation of each column
    errors: Floats  # of the deviations
    correlations: Floats
    modes: Floats  # conditional modes, levels × columns


@dataclass(frozen=True)
class OrdinalMixedModel:
    """A fitted model; when `converged` is false its numbers must not be shown.

    `parameters` are ψ (threshold parameters, fixed effects) and the entries of the random terms'
    Cholesky factors; `covariance` is theirs.
    """

    data: OrdinalData
    parameters: Floats
    covariance: Floats
    random: tuple[RandomEstimate, ...]
    log_likelihood: float
    convergence: Convergence
    notes: tuple[str, ...]

    @property
    def converged(self) -> bool:
        return not self.convergence.complaint

    @property
    def names(self) -> tuple[str, ...]:
        """Of the fixed effects."""
        return self.data.names

    @property
    def thresholds(self) -> Floats:
        """Estimates of the threshold parameters, named `data.cuts.names`."""
        return self.parameters[: len(self.data.cuts.names)]

    @property
    def cut_points(self) -> Floats:
        """The J − 1 cut points (of each group, one after the other)."""
        return self.data.cuts.matrix @ self.thresholds

    @property
    def coefficients(self) -> Floats:
        start = len(self.data.cuts.names)
        return self.parameters[start : start + len(self.names)]

    @property
    def deviations(self) -> dict[str, float]:
        """Standard deviations on the latent scale, by term (`column | term` for slopes)."""
        return {
            f"{column} | {term.name}" if column else term.name: float(deviation)
            for term in self.random
            for column, deviation in zip(term.columns, term.deviations, strict=True)
        }

    @property
    def standard_errors(self) -> Floats:
        """Of all parameters."""
        return np.asarray(np.sqrt(np.diagonal(self.covariance)))

    def combination(self, weights: Floats) -> tuple[float, float, float]:
        """Estimate, standard error and degrees of freedom (∞) of `weights @ coefficients`."""
        start = len(self.data.cuts.names)
        part = slice(start, start + len(self.names))
        variance = float(weights @ self.covariance[part, part] @ weights)
        return float(weights @ self.coefficients), float(np.sqrt(variance)), np.inf
