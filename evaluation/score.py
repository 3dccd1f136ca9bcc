"""Second half of a run: every metric of every rendering; what is stored is not computed again."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from itertools import groupby
from pathlib import Path

import numpy as np
import torch

from earwitness.stimuli.audio import Signal

from .inputs import ItemState
from .metrics.checks import missing
from .metrics.facts import Outcome, Pair
from .metrics.metric import Metric
from .metrics.scoring import score_pairs
from .outputs import read_rendering
from .processes import end_with_parent
from .progress import Progress
from .render import Rendered
from .store import Records, content_key

# Samples of estimates that are read and scored before the scores are stored: what a kill can lose
# (about 10 s of stereo music for 9 systems, or 50 sentences).
BATCH_SAMPLES = 2**23

# Raised when metrics are handed other signals or other facts about them.
PAIR_VERSION = 1

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

    run: Path
    store: Records
    progress: Progress
    metrics: tuple[Metric, ...]
    device: str

    def score_all(self, renderings: Sequence[Rendered]) -> Scores:
        """Exactly one outcome for each rendering of a test item and each metric.

        Raises:
            DataError: the run folder cannot be written or read.
        """
        scored = [rendered for rendered in renderings if rendered.job.state.is_scored]
        todo = self.missing(scored)
        self.progress.begin("score", sum(len(one.metrics) for one in todo))
        needs_pool = any(m.facts.resource == "process" for one in todo for m in one.metrics)
        with _process_pool(needs_pool) as pool:
            for group, pairs in self._read_ahead(_batches(todo)):
                self._score(group, pairs, pool)
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
            return missing(_placeholder(rendered), metric.facts, rendered.reason, rendered.reason)
        record = self.store.get(score_key(rendered, metric))
        if record is None:
            return None
        outcome = Outcome(**{field.name: record[field.name] for field in fields(Outcome)})
        # A failure may have been the machine's: out of memory, a package that was not installed.
        is_current = outcome.status != "failed" or record.get("attempt") == self.store.attempt
        return outcome if is_current else None

    def _read_ahead(
        self, batches: Iterable[Sequence[Todo]]
    ) -> Iterator[tuple[Sequence[Todo], list[Pair]]]:
        """Each batch with its signals; the next is read and decoded while one is scored."""
        with ThreadPoolExecutor(1, thread_name_prefix="read-ahead") as reader:
            ahead: list[tuple[Sequence[Todo], Future[list[Pair]]]] = []
            for batch in batches:
                ahead.append((batch, reader.submit(self.pairs, [todo.rendered for todo in batch])))
                if len(ahead) > 1:
                    current, future = ahead.pop(0)
                    yield current, future.result()
            for current, future in ahead:
                yield current, future.result()

    def pairs(self, renderings: Sequence[Rendered]) -> list[Pair]:
        """The signals of renderings beside their references."""
        references = _References()
        return [self._pair(rendered, references) for rendered in renderings]

    def _score(
        self, batch: Sequence[Todo], pairs: Sequence[Pair], pool: ProcessPoolExecutor | None
    ) -> None:
        """Score some renderings of one dataset and store the outcomes."""
        by_metrics = groupby(
            zip(batch, pairs, strict=True), key=lambda one: [m.facts.id for m in one[0].metrics]
        )
        for _, group in by_metrics:
            alike, own = zip(*group, strict=True)
            table = score_pairs(own, alike[0].metrics, device=self.device, pool=pool)
            self._keep(alike, table)

    def _keep(self, batch: Sequence[Todo], table: Sequence[Sequence[Outcome]]) -> None:
        self.store.put(
            {
                score_key(todo.rendered, metric): {
                    **asdict(outcome),
                    "attempt": self.store.attempt,
                }
                for todo, outcomes in zip(batch, table, strict=True)
                for metric, outcome in zip(todo.metrics, outcomes, strict=True)
            }
        )
        for todo, outcomes in zip(batch, table, strict=True):
            failed = sum(outcome.status == "failed" for outcome in outcomes)
            job = todo.rendered.job
            self.progress.scored(job.model.name, job.item, len(outcomes), failed)

    def _pair(self, rendered: Rendered, references: _References) -> Pair:
        estimate, stems = read_rendering(self.run, rendered.job, rendered.stems)
        reference, reference_stems = references.of(rendered.job.state)
        return _make_pair(rendered, estimate, stems, reference, reference_stems)


class _References:
    """The reference of the item at hand, read once for all systems of a batch."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[Signal, dict[str, Signal]]] = {}

    def of(self, state: ItemState) -> tuple[Signal, dict[str, Signal]]:
        if state.item.id not in self._kept:
            dataset, item = state.dataset, state.item
            stems = dataset.audio_inputs(item) if dataset.task == "mix" else {}
            self._kept[item.id] = (dataset.reference_audio(item), stems)
        return self._kept[state.item.id]


def choose_device() -> str:
    """`cuda` where there is one, else `cpu`; TF32 off, so that both agree."""
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False
    return "cuda" if torch.cuda.is_available() else "cpu"


def _by_item(renderings: Sequence[Rendered]) -> list[Rendered]:
    """All systems of an item beside each other, so that its reference is read once."""
    order = {rendered.job.item: place for place, rendered in reversed([*enumerate(renderings)])}
    return sorted(renderings, key=lambda rendered: order[rendered.job.item])


def _batches(todo: Sequence[Todo]) -> Iterator[list[Todo]]:
    """Neighbours of one dataset, up to `BATCH_SAMPLES` together."""
    for _, group in groupby(todo, key=lambda one: one.rendered.job.state.dataset.name):
        batch: list[Todo] = []
        for one in group:
            if batch and sum(other.samples for other in [*batch, one]) > BATCH_SAMPLES:
                yield batch
                batch = []
            batch.append(one)
        yield batch


@contextmanager
def _process_pool(is_needed: bool) -> Iterator[ProcessPoolExecutor | None]:
    """Processes for metrics that exist as C code only, one a core."""
    if not is_needed:
        yield None
        return
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(os.cpu_count(), mp_context=context, initializer=end_with_parent)
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


def score_key(rendered: Rendered, metric: Metric) -> str:
    """Everything that decides a score: both signals, and the metric's definition."""
    facts = metric.facts
    signals = (rendered.digest, rendered.job.state.digest)
    return content_key("score", PAIR_VERSION, facts.id, facts.version, *signals)


def _make_pair(
    rendered: Rendered,
    estimate: Signal,
    stems: dict[str, Signal],
    reference: Signal,
    reference_stems: dict[str, Signal],
) -> Pair:
    task = rendered.job.state.dataset.task
    return Pair(
        system=rendered.job.model.name,
        item=rendered.job.item,
        task=task,
        estimate=estimate,
        reference=reference,
        estimate_stems=stems,
        reference_stems=reference_stems,
        level_is_given=task == "mix",
    )


def _placeholder(rendered: Rendered) -> Pair:
    """A pair without samples, to tell which metrics would not have applied anyway."""
    dataset = rendered.job.state.dataset
    nothing = Signal(np.zeros((1, 0), np.float32), dataset.rate)
    stems = dict.fromkeys(dataset.inputs, nothing) if dataset.task == "mix" else {}
    return _make_pair(rendered, nothing, stems, nothing, stems)
