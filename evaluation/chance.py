"""The chance level of each system under each similarity, computed once and stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .metrics.chance import PARTNERS, chance_levels
from .metrics.metric import Metric
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

    def measure_all(self, renderings: Sequence[Rendered]) -> Levels:
        """The level of each system under each metric that has one, where it can be measured.

        Raises:
            DataError: the run folder cannot be written or read.
        """
        metrics = [metric for metric in self.scoring.metrics if metric.facts.has_chance]
        systems = [(own, _alike(own, metrics)) for own in _by_system(renderings)]
        store = self.scoring.store
        wanted = [
            (_key(metric, chosen), own[0].job.model.name, metric.facts.id)
            for own, parts in systems
            for chosen, fitting in parts
            for metric in fitting
        ]
        missing = {key for key, _, _ in wanted if store.get(key) is None}
        self.scoring.progress.begin("chance", len(missing))
        for own, parts in systems:
            for chosen, fitting in parts:
                left = [metric for metric in fitting if _key(metric, chosen) in missing]
                if left:
                    self._measure(own[0].job.model.name, chosen, left)
        found = {(system, metric): store.get(key) or {} for key, system, metric in wanted}
        return {name: one["level"] for name, one in found.items() if one["level"] is not None}

    def _measure(self, system: str, chosen: Sequence[Rendered], metrics: Sequence[Metric]) -> None:
        """Measure and store the levels of one system."""
        levels = chance_levels(
            self.scoring.pairs(chosen),
            metrics,
            partners=max(1, min(PARTNERS, MAX_PAIRINGS // len(chosen))),
            device=self.scoring.device,
        )
        named = zip(metrics, levels, strict=True)
        self.scoring.store.put({_key(metric, chosen): {"level": level} for metric, level in named})
        for metric in metrics:
            self.scoring.progress.measured(system, metric.facts.id)


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
