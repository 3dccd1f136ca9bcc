"""Metrics of some renderings, wherever the engine lets them be computed."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from functools import partial
from itertools import groupby
from operator import methodcaller
from typing import Self

from .engine import Answer, Bench
from .engine.memory import give_back_memory
from .metrics.facts import Outcome, Pair
from .metrics.metric import Metric
from .metrics.scoring import begin_scoring
from .pairs import read_pairs
from .render import Rendered

Finish = Callable[[], Answer]  # waits for the process pool


@dataclass(frozen=True)
class Part:
    """A rendering with what it lacks: metric id → key of the score."""

    rendered: Rendered
    keys: dict[str, str]


@dataclass(frozen=True)
class ScoreTask:
    """Batches that are computed one after the other."""

    batches: tuple[tuple[Part, ...], ...]

    def perform(self, bench: Bench) -> Iterator[Answer]:
        """An answer for each batch, or for what lacks the same metrics of one.

        Raises:
            DataError: a file of the run or of a dataset cannot be read.
        """
        needs_pool = any(one.facts.resource == "process" for one in bench.metrics.values())
        waiting: deque[Finish] = deque()
        # Without a name of its own here, no batch is kept while the next ones are read.
        for begun in itertools.starmap(partial(_begin, bench), self._read_ahead(bench)):
            give_back_memory()
            waiting.extend(begun)
            # The pool finishes a batch while the device is at the next one.
            while len(waiting) > (len(begun) if needs_pool else 0):
                yield waiting.popleft()()
            if bench.is_stopped:
                return
        while waiting:
            yield waiting.popleft()()

    def without(self, known: Collection[str]) -> Self:
        """What is left: parts that lack something still."""
        left = (
            tuple(part for one in batch if (part := _without(one, known)).keys)
            for batch in self.batches
        )
        return replace(self, batches=tuple(batch for batch in left if batch))

    def _read_ahead(self, bench: Bench) -> Iterator[tuple[Sequence[Part], list[Pair]]]:
        """Each batch with its signals; the next is read and decoded while one is scored."""
        with ThreadPoolExecutor(1, thread_name_prefix="read-ahead") as reader:
            ahead: deque[tuple[Sequence[Part], Future[list[Pair]]]] = deque()
            for batch in self.batches:
                renderings = [part.rendered for part in batch]
                ahead.append((batch, reader.submit(read_pairs, bench.run, renderings)))
                if len(ahead) > 1:
                    yield _taken(*ahead.popleft())
            while ahead:
                yield _taken(*ahead.popleft())


def _taken(batch: Sequence[Part], reading: Future[list[Pair]]) -> tuple[Sequence[Part], list[Pair]]:
    return batch, reading.result()


def _begin(bench: Bench, batch: Sequence[Part], pairs: Sequence[Pair]) -> list[Finish]:
    """Do what the device does for a batch; what lacks the same metrics has an answer together."""
    begun: list[Finish] = []
    for ids, group in groupby(zip(batch, pairs, strict=True), key=lambda one: [*one[0].keys]):
        parts, own = zip(*group, strict=True)
        metrics = [bench.metrics[one] for one in ids]
        table = begin_scoring(own, metrics, device=bench.device, pool=_pool(bench, metrics))
        begun.append(partial(_answer, parts, table))
    return begun


def _without(part: Part, known: Collection[str]) -> Part:
    return replace(part, keys={one: key for one, key in part.keys.items() if key not in known})


def _pool(bench: Bench, metrics: Sequence[Metric]) -> ProcessPoolExecutor | None:
    return bench.pool() if any(m.facts.resource == "process" for m in metrics) else None


def _answer(parts: Sequence[Part], scored: Callable[[], Sequence[Sequence[Outcome]]]) -> Answer:
    table = scored()
    records = {
        key: asdict(outcome)
        for part, outcomes in zip(parts, table, strict=True)
        for key, outcome in zip(part.keys.values(), outcomes, strict=True)
    }
    events = []
    for part, outcomes in zip(parts, table, strict=True):
        failed = sum(outcome.status == "failed" for outcome in outcomes)
        job = part.rendered.job
        events.append(methodcaller("scored", job.model.name, job.item, len(outcomes), failed))
    return Answer(records, tuple(events))
