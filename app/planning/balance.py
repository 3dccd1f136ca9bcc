"""How often the design presents each system at each place, counted over sessions as drawn."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass

import numpy as np

from earwitness.stimuli.manifest import StimulusSet
from earwitness.stimuli.pages.base import TrialPage
from earwitness.stimuli.study import Study

from ..design import SEED_BITS, plan_session

DRAWS_SEED = 20_251


@dataclass(frozen=True)
class Balance:
    """Counts over all participants; rows follow `systems` and `items`, columns are places.

    `letters[system][letter]` sums `cells[system][letter][item]` over items; `orders[item][k]` is
    how often an item comes k-th. `expected` is what perfect balance would give.
    """

    participants: int
    systems: list[str]
    items: list[str]
    places: list[str]
    letters: list[list[int]]
    cells: list[list[list[int]]]
    orders: list[list[int]]
    expected: float
    least: int
    most: int

    def record(self) -> dict[str, object]:
        """For JSON."""
        return asdict(self)


def balance(study: Study, stimuli: StimulusSet, participants: int) -> Balance:
    """Draw `participants` sessions as the server draws them, and count.

    A session's seed is random, so another sample of participants is a little different. Slots that
    nothing is asked about (an open reference) do not count.
    """
    generator = np.random.default_rng(DRAWS_SEED)
    seeds = [int(seed) for seed in generator.integers(0, 2**SEED_BITS, size=participants)]
    pages = {page.id: page for page in study.pages}
    cells: Counter[tuple[str, str, str]] = Counter()
    orders: Counter[tuple[str, int]] = Counter()
    for seed in seeds:
        place = 0
        for step in plan_session(study, stimuli, seed):
            if step.trial is None or step.trial.is_training:
                continue
            orders[step.trial.item, place] += 1
            place += 1
            page = pages[step.page_id]
            for letter, stimulus in step.trial.stimuli:
                if isinstance(page, TrialPage) and page.asks_about(letter):
                    cells[stimulus.system, letter, step.trial.item] += 1
    systems, places, items = (sorted({key[k] for key in cells}) for k in range(3))
    table = [[[cells[s, p, i] for i in items] for p in places] for s in systems]
    letters = [[sum(row) for row in by_place] for by_place in table]
    flat = [count for row in letters for count in row]
    last = max((place for _, place in orders), default=-1) + 1
    return Balance(
        participants, systems, items, places, letters, table,
        [[orders[item, k] for k in range(last)] for item in items],
        round(sum(flat) / max(len(flat), 1), 2), min(flat, default=0), max(flat, default=0),
    )  # fmt: skip
