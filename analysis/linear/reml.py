"""Restricted likelihood of a Gaussian mixed model with crossed random intercepts.

All random effects nested in one factor (the participant, usually the largest) are eliminated block
by block; the others leave a small dense Schur complement. Cross products are formed once, and
participants who rated the same things share their block, so that an evaluation does not grow with
the number of ratings.

Source: Bates, Mächler, Bolker & Walker 2015, doi 10.18637/jss.v067.i01, §3 (profiled REML
criterion), with the Woodbury identity in place of the sparse Cholesky factor.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..arrays import Floats
from ..random_effects.nesting import split
from ..random_effects.terms import Codes, RandomTerm


@dataclass(frozen=True)
class Evaluation:
    """The model at given variance ratios, with the residual variance profiled out."""

    deviance: float  # −2 × restricted log-likelihood
    coefficients: Floats
    inverse_information: Floats  # (X′V⁻¹X)⁻¹ with V in units of the residual variance
    residual_variance: float
    log_determinants: float  # log|V| + log|X′V⁻¹X|
    weighted_square: float  # (y − Xβ)′V⁻¹(y − Xβ)


class RestrictedLikelihood:
    """Evaluates the REML criterion of `y = Xβ + Σ Z_k u_k + e`."""

    def __init__(self, y: Floats, X: Floats, terms: Sequence[RandomTerm]) -> None:
        """Form the cross products.

        Args:
            y: n answers.
            X: n × p fixed effects of full rank.
            terms: random intercepts; at least one.
        """
        self.observations, self.fixed = X.shape
        self.spread = float(np.sum((y - y.mean()) ** 2))
        self.term_count = len(terms)
        nesting = split(terms)
        cluster = nesting.cluster
        self._cluster_count = int(cluster.max()) + 1
        self._inner_term, inner_codes = _stack(nesting.inner, terms)
        self._outer_term, outer_codes = _stack(nesting.outer, terms)
        response = np.column_stack([X, y])
        self._cross = response.T @ response
        self._corner = self._outer_counts(outer_codes)
        self._outer_response = self._outer_sums(outer_codes, response)
        self._pool(
            self._pair_counts(cluster, inner_codes, inner_codes),
            self._pair_counts(cluster, inner_codes, outer_codes),
            self._sums(cluster, inner_codes, response),
        )

    def _pool(self, blocks: Floats, border: Floats, sums: Floats) -> None:
        """Join the clusters with the same pattern of ratings: they share one factorisation."""
        flat = np.concatenate([blocks, border], axis=2).reshape(len(blocks), -1)
        _, first, pattern, count = np.unique(
            flat, axis=0, return_index=True, return_inverse=True, return_counts=True
        )
        self._count = count.astype(float)
        self._blocks, self._border = blocks[first], border[first]
        self._inner_response = np.zeros((len(first), *sums.shape[1:]))
        np.add.at(self._inner_response, pattern, sums)
        # Products of the sums of two levels: one row per pattern, level and level.
        height, width = sums.shape[1:]
        square = np.zeros((len(first), height, height, width, width))
        for start in range(0, len(sums), 1024):  # bounds the memory
            part = sums[start : start + 1024]
            products = np.einsum("gbi,gcj->gbcij", part, part)
            np.add.at(square, pattern[start : start + 1024], products)
        self._inner_square = square.reshape(-1, width * width)

    def _pair_counts(self, cluster: Codes, rows: list[Codes], columns: list[Codes]) -> Floats:
        """Ratings per cluster that share two levels: cluster × row × column."""
        height = len(self._inner_term)
        width = len(self._inner_term) if rows is columns else len(self._outer_term)
        counts = np.zeros(self._cluster_count * height * width)
        for row in rows:
            for column in columns:
                index = (cluster * height + row) * width + column
                counts += np.bincount(index, minlength=counts.size)
        return counts.reshape(self._cluster_count, height, width)

    def _outer_counts(self, codes: list[Codes]) -> Floats:
        width = len(self._outer_term)
        counts = np.zeros(width * width)
        for row in codes:
            for column in codes:
                counts += np.bincount(row * width + column, minlength=counts.size)
        return counts.reshape(width, width)

    def _sums(self, cluster: Codes, codes: list[Codes], response: Floats) -> Floats:
        height = len(self._inner_term)
        sums = np.zeros((self._cluster_count * height, response.shape[1]))
        for code in codes:
            for column in range(response.shape[1]):
                sums[:, column] += np.bincount(
                    cluster * height + code, response[:, column], minlength=len(sums)
                )
        return sums.reshape(self._cluster_count, height, response.shape[1])

    def _outer_sums(self, codes: list[Codes], response: Floats) -> Floats:
        sums = np.zeros((len(self._outer_term), response.shape[1]))
        for code in codes:
            for column in range(response.shape[1]):
                sums[:, column] += np.bincount(code, response[:, column], minlength=len(sums))
        return sums

    def evaluate(self, ratios: Floats) -> Evaluation:
        """The criterion where term k has variance `ratios[k]` × residual variance (all ≥ 0)."""
        scale = np.sqrt(ratios)
        inner, outer = scale[self._inner_term], scale[self._outer_term]
        factor = _cholesky(self._blocks * np.outer(inner, inner) + np.eye(len(inner)))
        half = np.linalg.solve(factor, np.broadcast_to(np.diag(inner), factor.shape))
        weight = np.swapaxes(half, 1, 2) @ half  # Λ (Λ Z′Z Λ + I)⁻¹ Λ of each pattern
        reduced = np.swapaxes(self._border, 1, 2) @ weight
        filled = np.tensordot(self._count, reduced @ self._border, axes=1)
        corner = np.outer(outer, outer) * (self._corner - filled) + np.eye(len(outer))
        corner_factor = _cholesky(corner)
        moved = self._outer_response - np.sum(reduced @ self._inner_response, axis=0)
        outer_half = np.linalg.solve(corner_factor, moved * outer[:, None])
        weighted = (
            self._cross
            - (weight.ravel() @ self._inner_square).reshape(self._cross.shape)
            - outer_half.T @ outer_half
        )
        log_v = 2 * float(self._count @ _log_diagonal(factor))
        log_v += 2 * float(_log_diagonal(corner_factor))
        return self._profile(weighted, log_v)

    def _profile(self, weighted: Floats, log_v: float) -> Evaluation:
        """Solve for β and the residual variance from [X y]′V⁻¹[X y]."""
        p = self.fixed
        information, moment = weighted[:p, :p], weighted[:p, p]
        inverse = np.asarray(np.linalg.inv(information), dtype=np.float64)
        coefficients = inverse @ moment
        square = float(weighted[p, p] - moment @ coefficients)
        freedom = self.observations - p
        log_determinants = log_v + float(np.linalg.slogdet(information)[1])
        variance = max(square, np.finfo(float).tiny) / freedom
        deviance = log_determinants + freedom * (1 + np.log(2 * np.pi * variance))
        return Evaluation(
            float(deviance), coefficients, inverse, variance, log_determinants, square
        )


def _cholesky(matrix: Floats) -> Floats:
    return np.asarray(np.linalg.cholesky(matrix), dtype=np.float64)


def _log_diagonal(factors: Floats) -> Floats:
    return np.asarray(np.log(np.diagonal(factors, axis1=-2, axis2=-1)).sum(axis=-1))


def _stack(
    chosen: Sequence[tuple[int, Codes]] | Sequence[int], terms: Sequence[RandomTerm]
) -> tuple[NDArray[np.intp], list[Codes]]:
    """Put the terms' levels side by side: the term of each column, and each term's columns."""
    owners: list[NDArray[np.intp]] = []
    columns: list[Codes] = []
    offset = 0
    for entry in chosen:
        k, codes = (entry, terms[entry].codes) if isinstance(entry, int) else entry
        levels = int(codes.max()) + 1
        owners.append(np.full(levels, k, dtype=np.intp))
        columns.append(codes + offset)
        offset += levels
    owner = np.concatenate(owners) if owners else np.zeros(0, dtype=np.intp)
    return owner, columns
