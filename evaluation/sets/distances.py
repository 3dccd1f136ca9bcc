"""The distances of two sets of embeddings as functions of `Sets`, with what keeps one undefined."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ..metrics.batch import Memo
from .blocks import Sums, all_but_one, deal, frechet_of_unions, jackknife_interval, sums_of
from .extrapolate import FEWEST_BLOCKS, frechet_infinity, infinity_replicates
from .frechet import frechet, gaussian, rank
from .kernel import bandwidth, block_sums, discrepancy
from .manifold import Overlap, overlap

# Shares of fewer vectors come in steps of more than 2 %.
FEWEST_FOR_SHARES = 50
# Intervals of FAD∞ take thousands of eigenvalue problems; beyond, a minute for each system.
MOST_DIMENSIONS_FOR_INFINITY = 128


@dataclass(frozen=True)
class SetValue:
    """One number about a set, or the reason why there is none.

    Attributes:
        value: finite, or None.
        reason: why there is no value; empty otherwise.
        interval: its 95 % bounds, where they are defined.
        replicates: the values without one block of groups each; equal sets of items have equal
            blocks, so that differences of systems have an interval too.
    """

    value: float | None
    reason: str = ""
    interval: tuple[float | None, float | None] = (None, None)
    replicates: tuple[float, ...] = ()


class Sets(Memo):
    """The embeddings of all items of one system and of their references.

    Attributes:
        estimates, references: per item window × dimension, as many windows in both.
        groups: the song or speaker of each item.
        all_references: also of items that the system has no rendering of.
    """

    def __init__(
        self,
        estimates: Sequence[Tensor],
        references: Sequence[Tensor],
        groups: Sequence[str],
        all_references: Tensor | None = None,
    ) -> None:
        super().__init__()
        self.estimates, self.references, self.groups = estimates, references, groups
        self.ours, self.theirs = torch.cat(list(estimates)), torch.cat(list(references))
        self.all_references = self.theirs if all_references is None else all_references

    @property
    def embeddings(self) -> int:
        return len(self.ours)

    @property
    def dimensions(self) -> int:
        return self.ours.shape[1]

    @property
    def rank(self) -> int:
        """Dimensions that both sets span."""
        return self.memo("rank", lambda: min(rank(self.ours), rank(self.theirs)))

    @property
    def blocks(self) -> list[int]:
        """The block of each item; items of one group alone are their own groups."""
        several = len(set(self.groups)) > 1
        names = self.groups if several else [str(item) for item in range(len(self.groups))]
        return self.memo("blocks", lambda: deal(names))

    def sums(self) -> tuple[Sums, Sums]:
        """Moments of the blocks of (estimates, references)."""
        return self.memo(
            "sums",
            lambda: (sums_of(self.estimates, self.blocks), sums_of(self.references, self.blocks)),
        )

    def overlap(self) -> Overlap:
        """Their overlap."""
        return self.memo("overlap", lambda: overlap(self.ours, self.theirs))

    def with_interval(self, value: float, replicates: Sequence[float]) -> SetValue:
        """A value with its interval over groups."""
        interval = jackknife_interval(value, replicates, len(set(self.groups)))
        return SetValue(value, "", interval, tuple(replicates))


def fad(sets: Sets) -> SetValue:
    """Fréchet distance of all estimates to all references."""
    if sets.embeddings <= sets.dimensions:
        return SetValue(None, _few_for_covariance(sets))
    value = frechet(gaussian(sets.ours), gaussian(sets.theirs))
    ours, theirs = sets.sums()
    if len(ours.counts) < 2:
        return SetValue(value)
    weights = all_but_one(len(ours.counts), sets.ours.device)
    return sets.with_interval(value, frechet_of_unions(ours, theirs, weights).tolist())


def fad_infinity(sets: Sets) -> SetValue:
    """Fréchet distance extrapolated to infinitely many items."""
    ours, theirs = sets.sums()
    blocks = len(ours.counts)
    if blocks < FEWEST_BLOCKS:
        return SetValue(None, f"{blocks} songs or speakers; extrapolation needs {FEWEST_BLOCKS}")
    smallest = int(ours.counts.sort().values[: (blocks + 1) // 2].sum())
    if smallest <= sets.dimensions:
        return SetValue(None, f"half of the set: {_few_for_covariance(sets, smallest)}")
    value = frechet_infinity(ours, theirs)
    if blocks == FEWEST_BLOCKS or sets.dimensions > MOST_DIMENSIONS_FOR_INFINITY:
        return SetValue(value)
    return sets.with_interval(value, infinity_replicates(ours, theirs))


def kad(sets: Sets) -> SetValue:
    """100 × the unbiased squared kernel discrepancy."""
    blocks = max(sets.blocks) + 1
    if blocks < 2:
        return SetValue(None, "one item alone is no set")
    sigma = bandwidth(sets.theirs)
    if sigma == 0.0:
        return SetValue(None, "half of the references' embeddings are equal: no bandwidth")
    owners = torch.tensor(
        [b for item, b in zip(sets.estimates, sets.blocks, strict=True) for _ in range(len(item))],
        device=sets.ours.device,
    )
    pairs = ((sets.ours, sets.ours), (sets.theirs, sets.theirs), (sets.ours, sets.theirs))
    own, reference, cross = (block_sums(*pair, (owners, owners), sigma) for pair in pairs)
    counts = torch.bincount(owners).double()
    value = float(discrepancy((own, reference, cross), counts))
    if blocks < 3:
        return SetValue(value)
    kept = counts * all_but_one(blocks, counts.device)
    return sets.with_interval(value, discrepancy((own, reference, cross), kept).tolist())


def precision(sets: Sets) -> SetValue:
    """Share of the estimates that lie among the references."""
    return _share(sets, "precision")


def recall(sets: Sets) -> SetValue:
    """Share of the references that lie among the estimates."""
    return _share(sets, "recall")


def density(sets: Sets) -> SetValue:
    """How many references lie about an estimate, relative to k."""
    return _share(sets, "density")


def coverage(sets: Sets) -> SetValue:
    """Share of the references with an estimate beside them."""
    return _share(sets, "coverage")


def fad_item(sets: Sets) -> list[SetValue]:
    """Fréchet distance of each item's estimate to all references."""
    if len(sets.all_references) <= sets.dimensions:
        few = _few_for_covariance(sets, len(sets.all_references))
        return [SetValue(None, few)] * len(sets.estimates)
    all_references = gaussian(sets.all_references)
    short = SetValue(None, "shorter than two windows")
    return [
        short if len(item) < 2 else SetValue(frechet(gaussian(item), all_references))
        for item in sets.estimates
    ]


def embedding_distance(sets: Sets) -> list[SetValue]:
    """Mean Euclidean distance of each item's windows to the same windows of its reference."""
    return [
        SetValue(float((estimate.double() - reference.double()).norm(dim=-1).mean()))
        for estimate, reference in zip(sets.estimates, sets.references, strict=True)
    ]


def _share(sets: Sets, name: str) -> SetValue:
    if sets.embeddings < FEWEST_FOR_SHARES:
        return SetValue(None, f"{sets.embeddings} embeddings; shares need {FEWEST_FOR_SHARES}")
    return SetValue(float(getattr(sets.overlap(), name)))


def _few_for_covariance(sets: Sets, count: int | None = None) -> str:
    return (
        f"{sets.embeddings if count is None else count} embeddings of {sets.dimensions} "
        f"dimensions; a covariance needs more than {sets.dimensions}"
    )
