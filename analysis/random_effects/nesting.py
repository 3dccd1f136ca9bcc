"""Which factor of a mixed model to eliminate first, and which terms are nested in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .terms import Codes, RandomTerm


@dataclass(frozen=True)
class Nesting:
    """A factor's clusters and how the terms lie in them."""

    cluster: Codes  # of each rating
    inner: list[tuple[int, Codes]]  # term nested in the factor; level's number inside its cluster
    outer: list[int]  # terms whose levels span clusters


def split(terms: Sequence[RandomTerm]) -> Nesting:
    """The cheapest factor to eliminate block by block, with the terms nested in it.

    Raises:
        ValueError: there is no term.
    """
    by_levels = sorted(range(len(terms)), key=lambda k: terms[k].levels)
    best: Nesting | None = None
    least = np.inf
    for k in by_levels:
        cluster = terms[k].codes
        nested = [(j, _within(terms[j], cluster)) for j in range(len(terms))]
        inner = [(j, codes) for j, codes in nested if codes is not None]
        outer = [j for j, codes in nested if codes is None]
        size = sum(terms[j].levels for j in outer)
        width = sum(int(codes.max()) + 1 for _, codes in inner)
        cost = float(size) ** 3 + float(terms[k].levels) * width * (width + size) ** 2
        if cost < least:
            best, least = Nesting(cluster, inner, outer), cost
    if best is None:
        raise ValueError("a mixed model needs a random term")
    return best


def _within(term: RandomTerm, cluster: Codes) -> Codes | None:
    """The level's number inside its cluster, or None when a level spans several clusters."""
    owner = np.full(term.levels, -1, dtype=np.intp)
    owner[term.codes] = cluster
    if np.any(owner[term.codes] != cluster):
        return None
    order = np.argsort(owner, kind="stable")
    _, starts, counts = np.unique(owner[order], return_index=True, return_counts=True)
    local = np.empty(term.levels, dtype=np.intp)
    local[order] = np.arange(term.levels) - np.repeat(starts, counts)
    return local[term.codes]
