"""First step of set-level scores: the embeddings of every rendering and its reference, once."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from operator import methodcaller
from typing import Self

import torch
from torch import Tensor

from earwitness.stimuli.errors import EarwitnessError

from ..engine import Answer, Bench, Engine, keep
from ..metrics.batch import Batch
from ..metrics.checks import unusable
from ..metrics.facts import Facts, Pair
from ..metrics.scoring import batch_limit, buckets
from ..pairs import read_pairs
from ..progress import Progress
from ..render import Rendered
from .embedder import Embedder, Network, embed
from .shelf import Shelf, write_embeddings

# Samples of estimates that are read and embedded at once.
READ_SAMPLES = 2**23

Embedded = tuple[str, Tensor, Tensor]  # reason, embeddings of estimate and reference
_NOTHING = torch.zeros(0)


@dataclass(frozen=True)
class Part:
    """A rendering, and the keys of the embeddings of (estimate, reference)."""

    rendered: Rendered
    keys: tuple[str, str]

    @property
    def samples(self) -> int:
        """Of one side."""
        return self.rendered.job.state.channels * self.rendered.job.state.frames


@dataclass(frozen=True)
class EmbedTask:
    """Batches that one network embeds one after the other.

    Attributes:
        embedder: what embeds.
        facts: of its metrics: the policies under which signals are embedded.
        batches: each of one dataset.
    """

    embedder: Embedder
    facts: Facts
    batches: tuple[tuple[Part, ...], ...]

    def perform(self, bench: Bench) -> Iterator[Answer]:
        """An answer for each batch; embeddings lie in files of the run folder.

        Raises:
            DataError: a file cannot be read, or the run folder not be written.
        """
        try:
            network = self.embedder.load(bench.device)
        except EarwitnessError as error:
            for batch in self.batches:
                yield _answer(batch, [str(error)] * len(batch))
            return
        for batch in self.batches:
            yield _answer(batch, self._embed(batch, network, bench))
            if bench.is_stopped:
                return

    def without(self, known: Collection[str]) -> Self:
        """What is left."""
        left = (
            tuple(part for part in batch if part.keys[0] not in known) for batch in self.batches
        )
        return replace(self, batches=tuple(batch for batch in left if batch))

    def _embed(self, batch: Sequence[Part], network: Network, bench: Bench) -> list[str]:
        """Write the embeddings of a batch; why each has none, empty where it has."""
        pairs = read_pairs(bench.run, [part.rendered for part in batch])
        reasons = [unusable(pair) for pair in pairs]
        for rows in buckets(pairs, batch_limit(bench.device)):
            found = self._pass(network, [pairs[row] for row in rows], bench.device)
            for row, (reason, *sides) in zip(rows, found, strict=True):
                reasons[row] = reason
                if not reason:
                    for key, side in zip(batch[row].keys, sides, strict=True):
                        write_embeddings(bench.run, key, side)
        return reasons

    def _pass(self, network: Network, pairs: Sequence[Pair], device: str) -> list[Embedded]:
        """What the network makes of each pair."""
        try:
            with torch.inference_mode():
                view = Batch(pairs, device).view(self.facts)
                estimates, references = embed(self.embedder, network, view)
        except Exception as error:  # a network of the user may raise anything
            known = isinstance(error, EarwitnessError)
            reason = str(error) if known else f"the embedder raised {type(error).__name__}: {error}"
            return [(reason, _NOTHING, _NOTHING)] * len(pairs)
        reasons = [_not_finite(*sides) for sides in zip(estimates, references, strict=True)]
        for gap in view.gaps:
            for row in gap.rows.nonzero()[:, 0].tolist():
                reasons[row] = gap.reason
        return list(zip(reasons, estimates, references, strict=True))


def embed_missing(
    embedder: Embedder,
    facts: Facts,
    renderings: Sequence[Rendered],
    shelf: Shelf,
    engine: Engine,
    progress: Progress,
) -> None:
    """Embed those renderings that the embedder was made for and the run lacks.

    Args:
        embedder: what embeds.
        facts: of its metrics.
        renderings: of test items.
        shelf: what the run has.
        engine: where networks run.
        progress: told what happens.

    Raises:
        DataError: the run folder cannot be written or read.
    """
    parts = [
        Part(one, shelf.keys(embedder, one))
        for one in renderings
        if not one.reason and applies(embedder, one)
    ]
    missing = [part for part in parts if not shelf.is_known(part.keys)]
    if facts.lacking or not missing:
        return
    progress.begin("embed", len(missing))
    batches = [*_batches(missing)]
    count = min(len(batches), engine.scorers)
    edges = [round(place * len(batches) / count) for place in range(count + 1)]
    tasks = [
        EmbedTask(embedder, facts, tuple(batches[low:high]))
        for low, high in itertools.pairwise(edges)
    ]
    for answer in engine.compute(tasks):
        keep(answer, shelf.store, progress)


def applies(embedder: Embedder, rendered: Rendered) -> bool:
    """Whether the embedder was made for the rendering's task."""
    return embedder.tasks is None or rendered.job.state.dataset.task in embedder.tasks


def _answer(batch: Sequence[Part], reasons: Sequence[str]) -> Answer:
    records = {}
    for part, reason in zip(batch, reasons, strict=True):
        own, reference = part.keys
        records[own] = {"reason": reason}
        if not reason:
            records[reference] = {"reason": ""}
    events = [
        methodcaller("embedded", part.rendered.job.model.name, part.rendered.job.item)
        for part in batch
    ]
    return Answer(records, tuple(events))


def _not_finite(*sides: Tensor) -> str:
    is_finite = all(bool(torch.isfinite(side).all()) for side in sides)
    return "" if is_finite else "the embedder gave NaN or infinity"


def _batches(parts: Sequence[Part]) -> Iterator[tuple[Part, ...]]:
    """Parts of one dataset, all systems of an item beside each other."""

    def place(part: Part) -> tuple[str, str]:
        return part.rendered.job.state.dataset.name, part.rendered.job.item

    for _, group in itertools.groupby(sorted(parts, key=place), lambda part: place(part)[0]):
        batch: list[Part] = []
        for part in group:
            if batch and sum(one.samples for one in [*batch, part]) > READ_SAMPLES:
                yield tuple(batch)
                batch = []
            batch.append(part)
        yield tuple(batch)
