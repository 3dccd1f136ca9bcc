"""First step of set-level scores: the embeddings of every rendering and its reference, once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import torch
from torch import Tensor

from earwitness.stimuli.errors import EarwitnessError

from ..metrics.batch import Batch
from ..metrics.checks import unusable
from ..metrics.facts import Facts, Pair
from ..metrics.scoring import batch_limit, buckets
from ..progress import Progress
from ..render import Rendered
from .embedder import Embedder, Network, embed
from .keep import Keep

# Samples of estimates that are read and embedded at once.
READ_SAMPLES = 2**23

Read = Callable[[Sequence[Rendered]], list[Pair]]
Embedded = tuple[str, Tensor, Tensor]  # reason, embeddings of estimate and reference
_NOTHING = torch.zeros(0)


@dataclass(frozen=True)
class Embedding:
    """Embeds what a run folder lacks.

    Attributes:
        keep: what it has.
        progress: told what happens.
        device: where networks run.
        read: gives the signals of renderings beside their references.
    """

    keep: Keep
    progress: Progress
    device: str
    read: Read

    def embed_missing(
        self, embedder: Embedder, facts: Facts, renderings: Sequence[Rendered]
    ) -> None:
        """Embed those renderings that the embedder was made for.

        Args:
            embedder: what embeds.
            facts: of its metrics: the policies under which signals are embedded.
            renderings: of test items.

        Raises:
            DataError: the run folder cannot be written or read.
        """
        missing = [
            one
            for one in renderings
            if not one.reason and applies(embedder, one) and not self.is_known(embedder, one)
        ]
        if facts.lacking or not missing:
            return
        self.progress.begin("embed", len(missing))
        try:
            network = embedder.load(self.device)
        except EarwitnessError as error:
            self._put({self.keys(embedder, one)[0]: str(error) for one in missing})
            return
        for batch in _batches(missing):
            self._embed(embedder, network, facts, batch)

    def keys(self, embedder: Embedder, rendered: Rendered) -> tuple[str, str]:
        """The keys of the embeddings of (estimate, reference)."""
        state = rendered.job.state
        own = self.keep.estimate_key(embedder, rendered.digest, state.digest)
        return own, self.keep.reference_key(embedder, state.digest)

    def is_known(self, embedder: Embedder, rendered: Rendered) -> bool:
        """Whether nothing is left to do for a rendering."""
        own, reference = self.keys(embedder, rendered)
        has_both = self.keep.has(own) and self.keep.has(reference)
        return has_both or bool(self.keep.reason(own))

    def _embed(
        self, embedder: Embedder, network: Network, facts: Facts, batch: Sequence[Rendered]
    ) -> None:
        """Embed some renderings of one dataset, and keep what came of it."""
        pairs = self.read(batch)
        reasons = [unusable(pair) for pair in pairs]
        for rows in buckets(pairs, batch_limit(self.device)):
            found = self._pass(embedder, network, facts, [pairs[row] for row in rows])
            for row, (reason, estimate, reference) in zip(rows, found, strict=True):
                reasons[row] = reason
                if not reason:
                    own, shared = self.keys(embedder, batch[row])
                    self.keep.write(own, estimate)
                    self.keep.write(shared, reference)
        self._put(
            {
                self.keys(embedder, one)[0]: reason
                for one, reason in zip(batch, reasons, strict=True)
                if reason
            }
        )
        for one in batch:
            self.progress.embedded(one.job.model.name, one.job.item)

    def _pass(
        self, embedder: Embedder, network: Network, facts: Facts, pairs: Sequence[Pair]
    ) -> list[Embedded]:
        """What the network makes of each pair."""
        try:
            with torch.inference_mode():
                view = Batch(pairs, self.device).view(facts)
                estimates, references = embed(embedder, network, view)
        except Exception as error:  # a network of the user may raise anything
            reason = f"the embedder raised {type(error).__name__}: {error}"
            return [(reason, _NOTHING, _NOTHING)] * len(pairs)
        reasons = [_not_finite(*sides) for sides in zip(estimates, references, strict=True)]
        for gap in view.gaps:
            for row in gap.rows.nonzero()[:, 0].tolist():
                reasons[row] = gap.reason
        return list(zip(reasons, estimates, references, strict=True))

    def _put(self, reasons: dict[str, str]) -> None:
        self.keep.store.put({key: self.keep.missing(why) for key, why in reasons.items()})


def applies(embedder: Embedder, rendered: Rendered) -> bool:
    """Whether the embedder was made for the rendering's task."""
    return embedder.tasks is None or rendered.job.state.dataset.task in embedder.tasks


def _not_finite(*sides: Tensor) -> str:
    is_finite = all(bool(torch.isfinite(side).all()) for side in sides)
    return "" if is_finite else "the embedder gave NaN or infinity"


def _batches(renderings: Sequence[Rendered]) -> Iterator[list[Rendered]]:
    """Renderings of one dataset, all systems of an item beside each other."""

    def place(one: Rendered) -> tuple[str, str]:
        return one.job.state.dataset.name, one.job.item

    for _, group in groupby(sorted(renderings, key=place), lambda one: place(one)[0]):
        batch: list[Rendered] = []
        for one in group:
            if batch and sum(map(_samples, [*batch, one])) > READ_SAMPLES:
                yield batch
                batch = []
            batch.append(one)
        yield batch


def _samples(rendered: Rendered) -> int:
    return rendered.job.state.channels * rendered.job.state.frames
