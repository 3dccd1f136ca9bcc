"""The set-level scores of a run: one number for each system and dataset, computed once.

A set with a rendering that failed has no number: without the difficult item it would be another
set, with another bias.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import torch

from earwitness.stimuli.schema import Status

from ..engine import Engine, choose_device
from ..metrics.facts import Outcome
from ..progress import Progress
from ..render import Rendered
from ..store import Record, content_key
from .distances import Sets, SetValue
from .embedder import Embedder
from .embedding import applies, embed_missing
from .metrics import SetMetric
from .scores import ItemKey, SetKey, SetScore, SetScores
from .shelf import Shelf

# Raised when sets are put together in another way.
SET_VERSION = 1


@dataclass(frozen=True)
class SetScoring:
    """Computes what is missing in a run folder."""

    shelf: Shelf
    progress: Progress
    metrics: tuple[SetMetric, ...]

    def score_all(self, renderings: Sequence[Rendered], engine: Engine) -> SetScores:
        """The scores of every system on every dataset.

        Args:
            renderings: in any order.
            engine: where networks run.

        Raises:
            DataError: the run folder cannot be written or read.
        """
        scored = [one for one in renderings if one.job.state.is_scored]
        sets: dict[SetKey, SetScore] = {}
        items: dict[ItemKey, Outcome] = {}
        for embedder, group in groupby(self.metrics, lambda metric: metric.embedder):
            metrics = list(group)
            facts = metrics[0].facts
            embed_missing(embedder, facts, scored, self.shelf, engine, self.progress)
            for rows in _sets(scored):
                scoring = _SetOfSystem(self.shelf, embedder, facts.lacking, rows)
                system, dataset = rows[0].job.model.name, rows[0].job.state.dataset.name
                for metric in metrics:
                    if metric.facts.needs == "set":
                        sets[system, dataset, metric.facts.id] = scoring.score(metric)
                        continue
                    outcomes = scoring.outcomes(metric)
                    for one, outcome in zip(rows, outcomes, strict=True):
                        items[system, one.job.item, metric.facts.id] = outcome
        return SetScores(sets, items)


class _SetOfSystem:
    """All renderings of one system of one dataset under one embedder."""

    def __init__(
        self, shelf: Shelf, embedder: Embedder, lacking: str, rows: Sequence[Rendered]
    ) -> None:
        self._shelf = shelf
        self._rows = rows
        self._keys = [shelf.keys(embedder, one) for one in rows]
        wrong_task = f"only for task {' or '.join(embedder.tasks or ())}"
        self._pointless = lacking if applies(embedder, rows[0]) else wrong_task
        self._reasons = [
            one.reason or self._shelf.reason(own) or self._unknown(own)
            for one, (own, _) in zip(rows, self._keys, strict=True)
        ]
        self._sets: Sets | None = None

    def score(self, metric: SetMetric) -> SetScore:
        """The score of a metric of the whole set."""
        lost = [reason for reason in self._reasons if reason]
        if self._pointless or lost:
            told = self._pointless or (
                f"{len(lost)} of {len(self._rows)} items have no embeddings ({lost[0]})"
            )
            status: Status = "not_applicable" if self._pointless else "failed"
            return SetScore(Outcome(None, status, told, 0.0), len(self._rows))
        [record] = self._records(metric)
        return SetScore.from_record(record)

    def outcomes(self, metric: SetMetric) -> list[Outcome]:
        """The outcome of a metric of each item."""
        if self._pointless:
            return [Outcome(None, "not_applicable", self._pointless, 0.0)] * len(self._rows)
        has_all = all(self._shelf.has(reference) for _, reference in self._keys)
        if all(self._reasons) or not has_all:
            return [
                Outcome(None, "failed", reason or "another item's reference has no embeddings", 0.0)
                for reason in self._reasons
            ]
        records = iter(self._records(metric))
        return [
            Outcome(None, "failed", reason, 0.0)
            if reason
            else SetScore.from_record(next(records)).outcome
            for reason in self._reasons
        ]

    def _records(self, metric: SetMetric) -> list[Record]:
        """The stored scores of a metric, computed at the first time."""
        facts = metric.facts
        usable = [own for (own, _), why in zip(self._keys, self._reasons, strict=True) if not why]
        references = [reference for _, reference in self._keys]
        groups = [one.job.state.item.group for one in self._rows]
        about = (facts.id, facts.version, usable, references, groups)
        key = content_key("set", SET_VERSION, *about)
        record = self._shelf.store.get(key)
        if record is None:
            record = {"scores": [score.record() for score in self._computed(metric)]}
            self._shelf.store.put({key: record})
        records: list[Record] = record["scores"]
        return records

    def _computed(self, metric: SetMetric) -> list[SetScore]:
        started = time.perf_counter()
        sets = self._sets = self._sets or self._read()
        with torch.inference_mode():
            found = metric.compute(sets)
        seconds = time.perf_counter() - started
        if isinstance(found, SetValue):
            return [_score(found, sets, seconds)]
        return [_score(one, sets, seconds / len(found)) for one in found]

    def _read(self) -> Sets:
        device = choose_device()
        usable = [row for row, why in enumerate(self._reasons) if not why]
        own = [self._shelf.read(self._keys[row][0]).to(device) for row in usable]
        references = [self._shelf.read(reference).to(device) for _, reference in self._keys]
        groups = [self._rows[row].job.state.item.group for row in usable]
        return Sets(own, [references[row] for row in usable], groups, torch.cat(references))

    def _unknown(self, key: str) -> str:
        return "" if self._pointless or self._shelf.has(key) else "it was not embedded"


def _score(value: SetValue, sets: Sets, seconds: float) -> SetScore:
    status: Status = "ok" if value.value is not None else "not_applicable"
    return SetScore(
        Outcome(value.value, status, value.reason, seconds),
        items=len(sets.estimates),
        embeddings=sets.embeddings,
        dimensions=sets.dimensions,
        rank=sets.rank,
        ci_low=value.interval[0],
        ci_high=value.interval[1],
        replicates=value.replicates,
    )


def _sets(scored: Sequence[Rendered]) -> Iterator[list[Rendered]]:
    """The renderings of each system of each dataset, in the order of the run."""
    found: dict[tuple[str, str], list[Rendered]] = {}
    for one in scored:
        found.setdefault((one.job.model.name, one.job.state.dataset.name), []).append(one)
    yield from found.values()
