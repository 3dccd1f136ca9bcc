"""Power of the report's own test over designs, by simulation.

One family of studies is drawn for the largest design; a smaller one takes its first participants
and items, so that power rises smoothly and the smallest sufficient number is found by bisection.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import stats

from ..arrays import Floats
from ..comparisons.family import FEWEST_ITEMS
from ..comparisons.multiplicity import Method, adjust
from .balanced import Comparisons, primary
from .simulation import World, simulate

Aim = Literal["difference", "equivalence", "non-inferiority"]
BLOCK_CELLS = 400_000  # ratings analysed at a time
FEWEST_PARTICIPANTS = 3


@dataclass(frozen=True)
class Question:
    """What shall be shown about a system: with which test, of how many, at which level.

    `bound` is the smallest effect of interest, in points: the true difference where a difference is
    the aim, the margin otherwise, with a true difference of zero.
    """

    aim: Aim
    bound: float
    comparisons: int
    multiplicity: Method
    alpha: float


class Simulated:
    """Studies of one world, drawn once in the largest design (participants, items)."""

    def __init__(
        self, world: World, question: Question, largest: tuple[int, int], studies: int, seed: int
    ) -> None:
        self.question, self.studies, self.largest = question, studies, largest
        effects = np.zeros(question.comparisons + 1)
        if question.aim == "difference":
            effects[1] = world.effect_of(question.bound)
        self.effect = float(effects[1])
        size = max(1, BLOCK_CELLS // (largest[0] * largest[1] * len(effects)))
        self._blocks = [
            simulate(world, effects, *largest, min(size, studies - first),
                     np.random.default_rng([seed, first])).astype(np.float32)
            for first in range(0, studies, size)
        ]  # fmt: skip

    def power(self, participants: int, items: int) -> float:
        """The share of studies of this design that reach the aim."""
        reached = 0
        for block in self._blocks:
            part = block[:, :participants, :items].astype(np.float64)
            reached += int(decided(primary(part, FEWEST_ITEMS), self.question).sum())
        return reached / self.studies

    def some(self, participants: int, items: int, count: int) -> Floats:
        """The first studies of this design."""
        first = np.concatenate([block[:count] for block in self._blocks])[:count]
        return np.asarray(first[:, :participants, :items], dtype=np.float64)

    def smallest(self, items: int, target: float, tried: Mapping[int, float]) -> int | None:
        """The fewest participants with this power, by bisection between those tried already.

        None if the most of them are too few.
        """
        enough = [count for count, power in tried.items() if power >= target]
        if not enough:
            return None
        longest = min(enough)
        short = [count for count in tried if count < longest]
        shortest = max(short) + 1 if short else FEWEST_PARTICIPANTS
        while shortest < longest:
            middle = (shortest + longest) // 2
            if self.power(middle, items) >= target:
                longest = middle
            else:
                shortest = middle + 1
        return shortest


def decided(found: Comparisons, question: Question) -> np.ndarray:
    """Of each study: whether the aim is reached for the first system, adjusted over all of them."""
    if question.aim == "difference":
        with np.errstate(divide="ignore", invalid="ignore"):
            statistic = np.where(found.errors > 0, np.abs(found.estimates) / found.errors, 0.0)
        if question.multiplicity == "dunnett":
            return np.asarray(statistic[:, 0] > _dunnett(found.df[:, 0], question))
        return stepped(found.p, question)
    with np.errstate(divide="ignore", invalid="ignore"):
        above = stats.t.sf((found.estimates + question.bound) / found.errors, found.df)
        below = stats.t.cdf((found.estimates - question.bound) / found.errors, found.df)
    p = above if question.aim == "non-inferiority" else np.maximum(above, below)
    return stepped(np.nan_to_num(p, nan=1.0), question)


def stepped(p: Floats, question: Question) -> np.ndarray:
    """Whether the first of each row is significant after the adjustment over the row.

    Equivalence in a study planned with Dunnett's intervals is adjusted by Holm's steps, as there.
    """
    count = p.shape[1]
    order = np.argsort(p, axis=1, kind="stable")
    ordered = np.take_along_axis(p, order, axis=1)
    rank = np.argmax(order == 0, axis=1)  # of the first, from 0
    steps = np.arange(count)
    if question.multiplicity == "benjamini-hochberg":
        good = ordered <= question.alpha * (steps + 1) / count
    else:
        good = ordered <= question.alpha / (count - steps)
    if question.multiplicity in ("hochberg", "benjamini-hochberg"):
        reached = np.flip(np.maximum.accumulate(np.flip(good, 1), axis=1), 1)
    else:
        reached = np.minimum.accumulate(good, axis=1)
    return np.asarray(np.take_along_axis(reached, rank[:, None], axis=1)[:, 0])


def _dunnett(df: Floats, question: Question) -> Floats:
    """Critical values, interpolated in 1 / df; the correlation is that of a balanced study."""
    knots = 1 / np.geomspace(max(float(np.min(df)), 1.0), max(float(np.max(df)), 2.0), 6)
    correlation = np.full((question.comparisons,) * 2, 0.5)
    np.fill_diagonal(correlation, 1.0)
    nothing = np.zeros(question.comparisons)
    values = [
        adjust("dunnett", nothing, np.full(question.comparisons, 1 / knot), question.alpha,
               correlation).reach[0]
        for knot in knots
    ]  # fmt: skip
    order = np.argsort(knots)
    return np.asarray(np.interp(1 / df, knots[order], np.array(values)[order]))


def monte_carlo_interval(reached: float, studies: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a simulated share."""
    z = float(stats.norm.ppf(0.975))
    centre = (reached + z**2 / (2 * studies)) / (1 + z**2 / studies)
    half = z / (1 + z**2 / studies)
    half *= float(np.sqrt(reached * (1 - reached) / studies + z**2 / (4 * studies**2)))
    return max(centre - half, 0.0), min(centre + half, 1.0)
