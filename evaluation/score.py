"""Second half of a run: every metric of every rendering; what is stored is not computed again."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from itertools import groupby

from .engine import Engine, keep
from .metrics.checks import missing
from .metrics.facts import Outcome
from .metrics.metric import Metric
from .pairs import PAIR_VERSION, placeholder
from .progress import Progress
from .render import Rendered
from .score_task import Part, ScoreTask
from .store import Records, content_key

# Samples of estimates that are read and scored together (about 10 s of stereo music for 9 systems,
# or 50 sentences). A kill can lose two such batches: the pool may be at one, the device at another.
BATCH_SAMPLES = 2**23

# Tasks for each process that scores: few enough to read ahead, enough to end at the same time.
TASKS_EACH = 4

Scores = dict[tuple[str, str, str], Outcome]  # (system, item, metric id)


@dataclass(frozen=True)
class Todo:
    """A rendering with the metrics that it has no stored score of."""

    rendered: Rendered
    metrics: tuple[Metric, ...]

    @property
    def samples(self) -> int:
        return self.rendered.job.state.channels * self.rendered.job.state.frames


@dataclass(frozen=True)
class Scoring:
    """Computes what is missing in a run folder."""

    store: Records
    progress: Progress
    metrics: tuple[Metric, ...]

    def score_all(self, renderings: Sequence[Rendered], engine: Engine) -> Scores:
        """Exactly one outcome for each rendering of a test item and each metric.

        Args:
            renderings: in any order.
            engine: where scores are computed.

        Raises:
            DataError: the run folder cannot be written or read.
        """
        scored = [rendered for rendered in renderings if rendered.job.state.is_scored]
        todo = self.missing(scored)
        counts: Counter[str] = Counter()
        for one in todo:
            counts[one.rendered.job.model.name] += len(one.metrics)
        self.progress.begin("score", counts.total())
        self.progress.share("score", counts)
        for answer in engine.compute(_tasks([*_batches(todo)], engine.scorers)):
            keep(answer, self.store, self.progress)
        return {
            (rendered.job.model.name, rendered.job.item, metric.facts.id): outcome
            for rendered in scored
            for metric in self.metrics
            if (outcome := self._outcome(rendered, metric))
        }

    def missing(self, renderings: Sequence[Rendered]) -> list[Todo]:
        """What is to be computed, all systems of an item beside each other."""
        return [todo for one in _by_item(renderings) if (todo := self._todo(one)).metrics]

    def _todo(self, rendered: Rendered) -> Todo:
        lacking = (m for m in self.metrics if self._outcome(rendered, m) is None)
        return Todo(rendered, tuple(lacking))

    def _outcome(self, rendered: Rendered, metric: Metric) -> Outcome | None:
        """The stored score; for a failed rendering its reason."""
        if rendered.reason:
            return missing(placeholder(rendered), metric.facts, rendered.reason, rendered.reason)
        record = self.store.get(score_key(rendered, metric))
        if record is None:
            return None
        outcome = Outcome(**{field.name: record[field.name] for field in fields(Outcome)})
        # A failure may have been the machine's: out of memory, a package that was not installed.
        is_current = outcome.status != "failed" or record.get("attempt") == self.store.attempt
        return outcome if is_current else None


def _by_item(renderings: Sequence[Rendered]) -> list[Rendered]:
    """All systems of an item beside each other, so that its reference is read once."""
    order = {rendered.job.item: place for place, rendered in reversed([*enumerate(renderings)])}
    return sorted(renderings, key=lambda rendered: order[rendered.job.item])


def _batches(todo: Sequence[Todo]) -> Iterator[list[Todo]]:
    """Neighbours of one dataset, up to `BATCH_SAMPLES` together."""
    for _, group in groupby(todo, key=lambda one: one.rendered.job.state.dataset.name):
        batch: list[Todo] = []
        samples = 0
        for one in group:
            samples += one.samples
            if batch and samples > BATCH_SAMPLES:
                yield batch
                batch, samples = [], one.samples
            batch.append(one)
        yield batch


def _tasks(batches: Sequence[Sequence[Todo]], scorers: int) -> list[ScoreTask]:
    """All batches as one task, or as some for each of several processes."""
    count = min(len(batches), TASKS_EACH * scorers if scorers > 1 else 1)
    parts = [tuple(map(_part, batch)) for batch in batches]
    edges = [round(place * len(parts) / max(1, count)) for place in range(count + 1)]
    return [ScoreTask(tuple(parts[low:high])) for low, high in itertools.pairwise(edges)]


def _part(todo: Todo) -> Part:
    keys = {metric.facts.id: score_key(todo.rendered, metric) for metric in todo.metrics}
    return Part(todo.rendered, keys)


def score_key(rendered: Rendered, metric: Metric) -> str:
    """Everything that decides a score: both signals, and the metric's definition."""
    facts = metric.facts
    signals = (rendered.digest, rendered.job.state.digest)
    return content_key("score", PAIR_VERSION, facts.id, facts.version, *signals)
