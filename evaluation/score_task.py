"""Metrics of some renderings, wherever the engine lets them be computed."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from itertools import groupby
from operator import methodcaller
from typing import Self

from .engine import Answer, Bench
from .engine.memory import give_back_memory
from .metrics.facts import Outcome, Pair
from .metrics.metric import Metric
from .metrics.scoring import score_pairs
from .pairs import read_pairs
from .render import Rendered


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
        for batch, pairs in self._read_ahead(bench):
            by_metrics = groupby(zip(batch, pairs, strict=True), key=lambda one: [*one[0].keys])
            for ids, group in by_metrics:
                parts, own = zip(*group, strict=True)
                metrics = [bench.metrics[one] for one in ids]
                table = score_pairs(own, metrics, device=bench.device, pool=_pool(bench, metrics))
                yield _answer(parts, table)
                give_back_memory()
            if bench.is_stopped:
                return

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
            ahead: list[tuple[Sequence[Part], Future[list[Pair]]]] = []
            for batch in self.batches:
                renderings = [part.rendered for part in batch]
                ahead.append((batch, reader.submit(read_pairs, bench.run, renderings)))
                if len(ahead) > 1:
                    current, future = ahead.pop(0)
                    yield current, future.result()
            for current, future in ahead:
                yield current, future.result()


def _without(part: Part, known: Collection[str]) -> Part:
    return replace(part, keys={one: key for one, key in part.keys.items() if key not in known})


def _pool(bench: Bench, metrics: Sequence[Metric]) -> ProcessPoolExecutor | None:
    return bench.pool() if any(m.facts.resource == "process" for m in metrics) else None


def _answer(parts: Sequence[Part], table: Sequence[Sequence[Outcome]]) -> Answer:
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
