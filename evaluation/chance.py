"""The chance level of each system under each similarity, computed once and stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .metrics.chance import chance_level
from .metrics.metric import Metric
from .render import Rendered
from .score import Scoring, score_key
from .store import content_key

# Items that the level is estimated from, spread evenly: its mean then wavers less than the
# system's own, and memory does not grow with the dataset.
MAX_ITEMS = 24
# Raised when pairings are chosen in another way.
CHANCE_VERSION = 1

Levels = dict[tuple[str, str], float]  # (system, metric id) → level


@dataclass(frozen=True)
class ChanceLevels:
    """Computes what is missing in a run folder."""

    scoring: Scoring

    def measure_all(self, renderings: Sequence[Rendered]) -> Levels:
        """The level of each system under each metric that has one, where it can be measured.

        Raises:
            DataError: the run folder cannot be written or read.
        """
        metrics = [metric for metric in self.scoring.metrics if metric.facts.has_chance]
        wanted = {
            (own[0].job.model.name, metric.facts.id): (metric, _chosen(own, metric))
            for own in _by_system(renderings)
            for metric in metrics
        }
        store = self.scoring.store
        missing = [name for name, one in wanted.items() if store.get(_key(*one)) is None]
        self.scoring.progress.begin("chance", len(missing))
        for name in missing:
            metric, chosen = wanted[name]
            pairs = self.scoring.pairs(chosen)
            level = chance_level(pairs, metric, device=self.scoring.device)
            store.put({_key(metric, chosen): {"level": level}})
            self.scoring.progress.measured(*name)
        records = {name: store.get(_key(*one)) or {} for name, one in wanted.items()}
        return {name: one["level"] for name, one in records.items() if one["level"] is not None}


def _key(metric: Metric, chosen: Sequence[Rendered]) -> str:
    """Everything that decides a level."""
    return content_key("chance", CHANCE_VERSION, [score_key(one, metric) for one in chosen])


def _chosen(own: Sequence[Rendered], metric: Metric) -> Sequence[Rendered]:
    """The renderings that a level is estimated from."""
    tasks = metric.facts.tasks
    fit = [one for one in own if tasks is None or one.job.state.dataset.task in tasks]
    return fit[:: -(-len(fit) // MAX_ITEMS)] if fit else []


def _by_system(renderings: Sequence[Rendered]) -> list[list[Rendered]]:
    """The usable renderings of test items, system by system."""
    found: dict[str, list[Rendered]] = {}
    for one in renderings:
        if one.job.state.is_scored and not one.reason:
            found.setdefault(one.job.model.name, []).append(one)
    return list(found.values())
