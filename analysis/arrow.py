"""The Hessian of the random effects, in arrow form: blocks of one factor and a small border.

With H = I + Λ′Z′WZΛ, everything nested in one factor is eliminated block by block; the other
effects leave a dense Schur complement. A rating touches one effect of each term (a slot); effects
lie in one vector: the clusters' blocks first, then the outer effects.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from earwitness.stimuli.errors import DataError

from .nesting import split
from .random_terms import Codes, RandomTerm
from .reml import Floats

MOST_BYTES = 3 * 2**30  # of the largest array; beyond it the machine would swap


@dataclass(frozen=True)
class _Pair:
    """Two slots: where their products lie in the matrix of that part."""

    first: int
    second: int
    index: Codes


class Arrow:
    """Where each rating's effects lie."""

    def __init__(self, terms: Sequence[RandomTerm], widths: Sequence[int]) -> None:
        """Lay out the effects.

        Args:
            terms: at least one.
            widths: effects per level of each term (1 for an intercept).
        """
        nesting = split(terms)
        self.clusters = int(nesting.cluster.max()) + 1
        inner = _columns(nesting.inner, widths)
        outer = _columns([(k, terms[k].codes) for k in nesting.outer], widths)
        self.width = sum(size for _, _, size in inner)
        self.border = sum(size for _, _, size in outer)
        self.effects = self.clusters * self.width + self.border
        self._refuse_if_huge()
        slots = sum(widths)
        self.position: list[Codes] = [np.zeros(0, dtype=np.intp)] * slots  # slot → place
        self._inner: list[tuple[int, Codes]] = []
        self._outer: list[tuple[int, Codes]] = []
        starts = np.concatenate([[0], np.cumsum(widths)])
        for (k, codes), (_, offset, _) in zip(nesting.inner, _offsets(inner), strict=True):
            for j in range(widths[k]):
                self._inner.append((int(starts[k]) + j, offset + codes * widths[k] + j))
        for k, (_, offset, _) in zip(nesting.outer, _offsets(outer), strict=True):
            for j in range(widths[k]):
                self._outer.append((int(starts[k]) + j, offset + terms[k].codes * widths[k] + j))
        for slot, column in self._inner:
            self.position[slot] = nesting.cluster * self.width + column
        for slot, column in self._outer:
            self.position[slot] = self.clusters * self.width + column
        self._index(nesting.cluster)

    def _index(self, cluster: Codes) -> None:
        """Places of the products of two slots in blocks, border and corner."""
        self._block_pairs = [
            _Pair(s, t, (cluster * self.width + a) * self.width + b)
            for i, (s, a) in enumerate(self._inner)
            for t, b in self._inner[i:]
        ]
        self._border_pairs = [
            _Pair(s, t, (cluster * self.width + a) * self.border + b)
            for s, a in self._inner
            for t, b in self._outer
        ]
        self._corner_pairs = [
            _Pair(s, t, a * self.border + b)
            for i, (s, a) in enumerate(self._outer)
            for t, b in self._outer[i:]
        ]

    def _refuse_if_huge(self) -> None:
        largest = max(self.clusters * self.width * max(self.border, self.width), self.border**2)
        if 8 * largest > MOST_BYTES:
            raise DataError(
                f"{self.clusters} × {self.width} random effects beside {self.border} crossed ones "
                "need too much memory; leave out the random term with the most levels"
            )

    def spread(self, values: Floats, scales: Sequence[Floats | float]) -> Floats:
        """Λ′Z′ `values`: sums of a number per rating over the effects."""
        total = np.zeros(self.effects)
        for position, scale in zip(self.position, scales, strict=True):
            total += np.bincount(position, values * scale, minlength=self.effects)
        return total

    def gather(self, effects: Floats, scales: Sequence[Floats | float]) -> Floats:
        """ZΛ `effects`: the sum of each rating's effects."""
        total = np.zeros(len(self.position[0]))
        for position, scale in zip(self.position, scales, strict=True):
            total += effects[position] * scale
        return total

    def factor(self, weight: Floats, scales: Sequence[Floats | float]) -> Factor:
        """Factorise H for the ratings' weights W and the slots' scales (Λ, and Z where not 1)."""

        def assemble(pairs: list[_Pair], size: int) -> Floats:
            total = np.zeros(size)
            for pair in pairs:
                product = weight * (scales[pair.first] * scales[pair.second])
                total += np.bincount(pair.index, product, minlength=size)
            return total

        P, b, q = self.clusters, self.width, self.border
        blocks = _mirrored(assemble(self._block_pairs, P * b * b).reshape(P, b, b))
        border = assemble(self._border_pairs, P * b * q).reshape(P * b, q)
        corner = _mirrored(assemble(self._corner_pairs, q * q).reshape(1, q, q))[0]
        return Factor(self, blocks, border, corner)


class Factor:
    """H, eliminated: its log-determinant, solutions and the parts of its inverse in use."""

    def __init__(self, arrow: Arrow, blocks: Floats, border: Floats, corner: Floats) -> None:
        self._arrow = arrow
        P, b, q = arrow.clusters, arrow.width, arrow.border
        self._blocks, block_logs = _inverse(blocks)
        self._moved = (self._blocks @ border.reshape(P, b, q)).reshape(P * b, q)
        schur = corner - border.T @ self._moved
        self._corner, corner_log = _inverse(schur[None])
        self._corner = self._corner[0]
        self.log_determinant = float(block_logs.sum() + corner_log.sum())

    def solve(self, right: Floats) -> Floats:
        """H⁻¹ `right` (effects, or effects × columns)."""
        arrow = self._arrow
        inside = arrow.clusters * arrow.width
        columns = right.reshape(arrow.effects, -1)
        inner = columns[:inside].reshape(arrow.clusters, arrow.width, -1)
        first = (self._blocks @ inner).reshape(inside, -1)
        outer = self._corner @ (columns[inside:] - self._moved.T @ columns[:inside])
        return np.concatenate([first - self._moved @ outer, outer]).reshape(right.shape)

    def leverage(self, scales: Sequence[Floats | float]) -> tuple[list[Floats], Floats]:
        """Per slot s the sum over t of H⁻¹[s, t] × scale t, and the diagonal of H⁻¹."""
        arrow = self._arrow
        P, b, q = arrow.clusters, arrow.width, arrow.border
        across = self._moved @ self._corner
        blocks = self._blocks + across.reshape(P, b, q) @ self._moved.reshape(P, b, q).transpose(
            0, 2, 1
        )
        sums: list[Floats] = [np.zeros(len(arrow.position[0])) for _ in arrow.position]
        for pairs, inverse, sign in (
            (arrow._block_pairs, blocks, 1.0),
            (arrow._border_pairs, across, -1.0),
            (arrow._corner_pairs, self._corner, 1.0),
        ):
            flat = inverse.ravel()
            for pair in pairs:
                entry = sign * flat[pair.index]
                sums[pair.first] += entry * scales[pair.second]
                if pair.first != pair.second:
                    sums[pair.second] += entry * scales[pair.first]
        diagonal = np.diagonal(blocks, axis1=1, axis2=2).ravel()
        return sums, np.concatenate([diagonal, np.diagonal(self._corner)])


def _columns(
    chosen: Sequence[tuple[int, Codes]], widths: Sequence[int]
) -> list[tuple[int, Codes, int]]:
    return [(k, codes, (int(codes.max()) + 1) * widths[k]) for k, codes in chosen]


def _offsets(columns: list[tuple[int, Codes, int]]) -> list[tuple[int, int, int]]:
    placed, offset = [], 0
    for k, _, size in columns:
        placed.append((k, offset, size))
        offset += size
    return placed


def _mirrored(upper: Floats) -> Floats:
    """I + the symmetric matrices whose pairs of different slots were summed on one side only."""
    size = upper.shape[-1]
    diagonal = np.einsum("pii->pi", upper)
    full = upper + upper.transpose(0, 2, 1)
    view = np.einsum("pii->pi", full)
    view -= diagonal
    view += 1
    return full if size else upper


def _inverse(matrices: Floats) -> tuple[Floats, Floats]:
    """Inverses and log-determinants of symmetric positive definite matrices."""
    factors = np.linalg.cholesky(matrices)
    logs = 2 * np.log(np.diagonal(factors, axis1=1, axis2=2)).sum(axis=1)
    return np.asarray(np.linalg.inv(matrices)), np.asarray(logs)
