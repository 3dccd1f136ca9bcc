"""The Hessian of the random effects, in arrow form: blocks of one factor and a small border.

With H = I + Λ′Z′WZΛ, everything nested in one factor is eliminated block by block; the other
effects leave a dense Schur complement. A rating touches one effect of each term (a slot); effects
lie in one vector: the clusters' blocks first, then the outer effects.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from earwitness.stimuli.errors import DataError

from ..arrays import Floats
from ..random_effects.nesting import split
from ..random_effects.terms import Codes, RandomTerm

MOST_BYTES = 2**30  # of the largest array; several of that size are needed


Scales = Sequence[Floats | float]  # of each slot: Λ, times Z where that is not 1


@dataclass(frozen=True)
class _Pairs:
    """Pairs of slots, and where each rating's product of the two lies in a part of H."""

    slots: list[tuple[int, int]]
    index: NDArray[np.intp]  # pair × rating
    size: int

    def sum(self, weight: Floats, scales: Scales) -> Floats:
        """Sums of `weight` × both scales."""
        if not self.slots:
            return np.zeros(self.size)
        products = np.stack([weight * (scales[s] * scales[t]) for s, t in self.slots])
        sums = np.bincount(self.index.ravel(), products.ravel(), minlength=self.size)
        return np.asarray(sums, dtype=np.float64)


@dataclass(frozen=True)
class _Slot:
    """A rating's effect of one column of a term: its number, and its column in the part."""

    slot: int
    column: Codes


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
        inner, outer = nesting.inner, [(k, terms[k].codes) for k in nesting.outer]
        self.width = sum(_size(codes, widths[k]) for k, codes in inner)
        self.border = sum(_size(codes, widths[k]) for k, codes in outer)
        self.effects = self.clusters * self.width + self.border
        self._refuse_if_huge()
        starts = np.concatenate([[0], np.cumsum(widths)])
        self._inner = _slots(inner, widths, starts)
        self._outer = _slots(outer, widths, starts)
        places = {x.slot: nesting.cluster * self.width + x.column for x in self._inner}
        inside = self.clusters * self.width
        places |= {x.slot: inside + x.column for x in self._outer}
        self.position: list[Codes] = [places[slot] for slot in range(sum(widths))]
        self._index(nesting.cluster)

    def _index(self, cluster: Codes) -> None:
        """Places of the products of two slots in blocks, border and corner."""
        P, b, q = self.clusters, self.width, self.border
        inside = [(x, y) for i, x in enumerate(self._inner) for y in self._inner[i:]]
        across = [(x, y) for x in self._inner for y in self._outer]
        outside = [(x, y) for i, x in enumerate(self._outer) for y in self._outer[i:]]

        def pairs(
            of: list[tuple[_Slot, _Slot]], start: Codes | int, width: int, size: int
        ) -> _Pairs:
            return _Pairs(
                [(x.slot, y.slot) for x, y in of],
                np.array([(start + x.column) * width + y.column for x, y in of], dtype=np.intp),
                size,
            )

        self.blocks = pairs(inside, cluster * b, b, P * b * b)
        self.borders = pairs(across, cluster * b, q, P * b * q)
        self.corner = pairs(outside, 0, q, q * q)

    def _refuse_if_huge(self) -> None:
        largest = max(self.clusters * self.width * max(self.border, self.width), self.border**2)
        if 8 * largest > MOST_BYTES:
            raise DataError(
                f"{self.clusters} × {self.width} random effects beside {self.border} crossed ones "
                "need too much memory; leave out the random term with the most levels"
            )

    def spread(self, values: Floats, scales: Scales) -> Floats:
        """Λ′Z′ `values`: sums of a number per rating over the effects."""
        total = np.zeros(self.effects)
        for position, scale in zip(self.position, scales, strict=True):
            total += np.bincount(position, values * scale, minlength=self.effects)
        return total

    def gather(self, effects: Floats, scales: Scales) -> Floats:
        """ZΛ `effects`: the sum of each rating's effects."""
        total = np.zeros(len(self.position[0]))
        for position, scale in zip(self.position, scales, strict=True):
            total += effects[position] * scale
        return total

    def factor(self, weight: Floats, scales: Scales) -> Factor:
        """Factorise H for the ratings' weights W."""
        P, b, q = self.clusters, self.width, self.border
        blocks = _mirrored(self.blocks.sum(weight, scales).reshape(P, b, b))
        border = self.borders.sum(weight, scales).reshape(P, b, q)
        corner = _mirrored(self.corner.sum(weight, scales).reshape(1, q, q))[0]
        return Factor(self, blocks, border, corner)


class Factor:
    """H, eliminated: its log-determinant, solutions and the parts of its inverse in use.

    With L the blocks' Cholesky factors, the border is kept as L⁻¹ × border.
    """

    def __init__(self, arrow: Arrow, blocks: Floats, border: Floats, corner: Floats) -> None:
        self._arrow = arrow
        self._root, block_logs = _inverse_root(blocks)
        self._half = (self._root @ border).reshape(arrow.clusters * arrow.width, arrow.border)
        schur = corner - self._half.T @ self._half
        corner_root, corner_log = _inverse_root(schur[None])
        self._corner = corner_root[0].T @ corner_root[0]
        self.log_determinant = float(block_logs.sum() + corner_log.sum())

    def solve(self, right: Floats) -> Floats:
        """H⁻¹ `right` (effects, or effects × columns)."""
        arrow = self._arrow
        inside = arrow.clusters * arrow.width
        columns = right.reshape(arrow.effects, -1)
        inner = columns[:inside].reshape(arrow.clusters, arrow.width, -1)
        half = (self._root @ inner).reshape(inside, -1)
        outer = self._corner @ (columns[inside:] - self._half.T @ half)
        half = (half - self._half @ outer).reshape(inner.shape)
        first = (_turned(self._root) @ half).reshape(inside, -1)
        return np.concatenate([first, outer]).reshape(right.shape)

    def leverage(self, scales: Scales) -> tuple[list[Floats], Floats]:
        """Per slot s the sum over t of H⁻¹[s, t] × scale t, and the diagonal of H⁻¹."""
        arrow = self._arrow
        P, b, q = arrow.clusters, arrow.width, arrow.border
        moved = _turned(self._root) @ self._half.reshape(P, b, q)
        across = (moved.reshape(P * b, q) @ self._corner).reshape(P, b, q)
        blocks = _turned(self._root) @ self._root + across @ _turned(moved)
        sums: list[Floats] = [np.zeros(len(arrow.position[0])) for _ in arrow.position]
        for pairs, inverse, sign in (
            (arrow.blocks, blocks, 1.0),
            (arrow.borders, across, -1.0),
            (arrow.corner, self._corner, 1.0),
        ):
            for (s, t), index in zip(pairs.slots, pairs.index, strict=True):
                entry = inverse.ravel()[index] * sign
                sums[s] += entry * scales[t]
                if s != t:
                    sums[t] += entry * scales[s]
        diagonal = np.diagonal(blocks, axis1=1, axis2=2).ravel()
        return sums, np.concatenate([diagonal, np.diagonal(self._corner)])


def _slots(
    chosen: list[tuple[int, Codes]], widths: Sequence[int], starts: NDArray[np.intp]
) -> list[_Slot]:
    """The terms' columns side by side, a level's effects together."""
    slots, offset = [], 0
    for k, codes in chosen:
        for j in range(widths[k]):
            slots.append(_Slot(int(starts[k]) + j, offset + codes * widths[k] + j))
        offset += _size(codes, widths[k])
    return slots


def _size(codes: Codes, width: int) -> int:
    return (int(codes.max()) + 1) * width


def _mirrored(upper: Floats) -> Floats:
    """I + the symmetric matrices whose pairs of different slots were summed on one side only."""
    size = upper.shape[-1]
    diagonal = np.einsum("pii->pi", upper)
    full = upper + upper.transpose(0, 2, 1)
    view = np.einsum("pii->pi", full)
    view -= diagonal
    view += 1
    return full if size else upper


def _inverse_root(matrices: Floats) -> tuple[Floats, Floats]:
    """L⁻¹ and the log-determinant of symmetric positive definite matrices LL′."""
    factors = np.linalg.cholesky(matrices)
    logs = 2 * np.log(np.diagonal(factors, axis1=1, axis2=2)).sum(axis=1)
    return np.asarray(np.linalg.inv(factors)), np.asarray(logs)


def _turned(matrices: Floats) -> Floats:
    return np.swapaxes(matrices, 1, 2)
