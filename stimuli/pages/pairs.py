"""Two versions of an item against each other: what AB and ABX have in common."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from ..field_types import Name
from .base import TrialPage
from .slots import stimuli_by_item
from .trials import Order

if TYPE_CHECKING:
    from ..manifest import Stimulus, StimulusSet
    from ..study import Study

Pair = tuple[Name, Name]
NamedPairs = Annotated[tuple[Pair, ...], Field(min_length=1)]


class PairsPage(TrialPage):
    """A trial is a pair of systems on one item; which of them is A is decided by the seed.

    `pairs`: `all`, each against the study's `baseline`, or a list of two systems each. Every pair
    is heard `repeats` times on every item.
    """

    heading: ClassVar[str] = "Listen and compare"

    pairs: Literal["all", "baseline"] | NamedPairs = "all"
    repeats: int = Field(default=1, ge=1, le=50)

    def check(self, study: Study) -> None:
        super().check(study)
        systems, where = study.stimuli.systems, f"pages.{self.id}.pairs"
        if self.pairs == "baseline" and not study.analysis.baseline:
            raise ValueError(f'{where}: "baseline" needs analysis.baseline')
        pairs = self.pairs_of(study)
        unknown = {name for pair in pairs for name in pair} - set(systems)
        if unknown:
            raise ValueError(
                f"{where}: unknown {', '.join(sorted(unknown))}; known: {', '.join(systems)}"
            )
        if not pairs or any(first == second for first, second in pairs):
            raise ValueError(f"{where}: a pair is two different systems")
        if len({frozenset(pair) for pair in pairs}) < len(pairs):
            raise ValueError(f"{where}: a pair is there twice")

    def pairs_of(self, study: Study) -> tuple[Pair, ...]:
        """The pairs in the order of the study file."""
        systems, baseline = study.stimuli.systems, study.analysis.baseline
        if self.pairs == "all":
            return tuple(itertools.combinations(systems, 2))
        if self.pairs == "baseline":
            return tuple((baseline, name) for name in systems if name != baseline)
        return self.pairs

    def planned_pairs(
        self, study: Study, stimuli: StimulusSet, order: Order
    ) -> list[tuple[str, int, tuple[Stimulus, Stimulus]]]:
        """Item, repeat and (A, B) of every trial in order.

        Of two repeats of a pair, one has it the other way round.
        """
        by_item = stimuli_by_item(self, stimuli)
        cells = {
            f"{item}/{first}/{second}/{repeat}": (item, repeat, (first, second))
            for item in by_item
            for first, second in self.pairs_of(study)
            for repeat in range(self.repeats)
        }
        planned = []
        for name in order.shuffled(cells):
            item, repeat, pair = cells[name]
            a, b = order.shuffled(pair, "sides", item, *pair, repeat // 2)[:: 1 - 2 * (repeat % 2)]
            planned.append((item, repeat, (by_item[item][a], by_item[item][b])))
        return planned
