"""The chance level of each system under each similarity, computed once and stored."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from operator import methodcaller
from typing import Self

from .engine import Answer, Bench, Engine, keep
from .metrics.chance import PARTNERS, chance_levels
from .metrics.metric import Metric
from .pairs import read_pairs
from .render import Rendered
from .score import Scoring, score_key
from .store import content_key

# Items that a level is estimated from, spread evenly, and wrong pairings of them: its mean then
# wavers less than the system's own, and neither time nor memory grows with the dataset.
MAX_ITEMS = 24
MAX_PAIRINGS = 24
# Raised when pairings are chosen in another way.
CHANCE_VERSION = 1

Levels = dict[tuple[str, str], float]  # (system, metric id) → level


@dataclass(frozen=True)
class ChanceLevels:
    """Computes what is missing in a run folder."""

    scoring: Scoring

    def measure_all(self, renderings: Sequence[Rendered], engine: Engine) -> Levels:
        """The level of each system under each metric that has one, where it can be measured.

        Args:
            renderings: in any order.
            engine: where levels are computed.

        Raises:
            DataError: the run folder cannot be written or read.
        """
        metrics = [metric for metric in self.scoring.metrics if metric.facts.has_chance]
        tasks = [
            ChanceTask(tuple(chosen), {one.facts.id: _key(one, chosen) for one in fitting})
            for own in _by_system(renderings)
            for chosen, fitting in _alike(own, metrics)
        ]
        store, progress = self.scoring.store, self.scoring.progress
        stored = {key for task in tasks for key in task.keys.values() if store.get(key)}
        left = [task.without(stored) for task in tasks]
        progress.begin("chance", sum(len(task.keys) for task in left))
        for answer in engine.compute([task for task in left if task.keys]):
            keep(answer, store, progress)
        found = {
            (task.system, metric): store.get(key) or {}
            for task in tasks
            for metric, key in task.keys.items()
        }
        return {name: one["level"] for name, one in found.items() if one["level"] is not None}


@dataclass(frozen=True)
class ChanceTask:
    """The levels of one system: metric id → key of the level."""

    chosen: tuple[Rendered, ...]
    keys: dict[str, str]

    @property
    def system(self) -> str:
        return self.chosen[0].job.model.name

    def perform(self, bench: Bench) -> Iterator[Answer]:
        """One answer with all levels.

        Raises:
            DataError: a file of the run or of a dataset cannot be read.
        """
        levels = chance_levels(
            read_pairs(bench.run, self.chosen),
            [bench.metrics[one] for one in self.keys],
            partners=max(1, min(PARTNERS, MAX_PAIRINGS // len(self.chosen))),
            device=bench.device,
        )
        keys = zip(self.keys.values(), levels, strict=True)
        events = tuple(methodcaller("measured", self.system, metric) for metric in self.keys)
        yield Answer({key: {"level": level} for key, level in keys}, events)

    def without(self, known: Collection[str]) -> Self:
        """The levels that are left."""
        return replace(self, keys={m: key for m, key in self.keys.items() if key not in known})


def _key(metric: Metric, chosen: Sequence[Rendered]) -> str:
    """Everything that decides a level."""
    return content_key("chance", CHANCE_VERSION, [score_key(one, metric) for one in chosen])


def _alike(
    own: Sequence[Rendered], metrics: Sequence[Metric]
) -> list[tuple[Sequence[Rendered], list[Metric]]]:
    """The metrics with the renderings that their levels are estimated from, if there are two."""
    parts: dict[tuple[str, ...], list[Metric]] = {}
    for metric in metrics:
        present = {one.job.state.dataset.task for one in own}
        tasks = tuple(sorted(present.intersection(metric.facts.tasks or present)))
        parts.setdefault(tasks, []).append(metric)
    chosen = [
        ([one for one in own if one.job.state.dataset.task in tasks], fitting)
        for tasks, fitting in parts.items()
    ]
    return [(fit[:: -(-len(fit) // MAX_ITEMS)], m) for fit, m in chosen if len(fit) > 1]


def _by_system(renderings: Sequence[Rendered]) -> list[list[Rendered]]:
    """The usable renderings of test items, system by system."""
    found: dict[str, list[Rendered]] = {}
    for one in renderings:
        if one.job.state.is_scored and not one.reason:
            found.setdefault(one.job.model.name, []).append(one)
    return list(found.values())
