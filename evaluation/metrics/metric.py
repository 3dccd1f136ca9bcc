"""A metric as an object: its facts, its function, and the call that scores one pair."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from earwitness.stimuli.audio import Signal
from earwitness.stimuli.errors import MetricError

from .facts import Facts, Pair

Array = npt.NDArray[np.floating[Any]]
Audio = Array | Mapping[str, Array]


@dataclass(frozen=True, eq=False)
class Metric:
    """A declared metric. Call it for one pair; `score_pairs` computes many."""

    facts: Facts
    compute: Callable[..., Any]

    @property
    def source(self) -> str:
        """`module:name` of the function, by which a worker process finds the metric again."""
        return f"{self.compute.__module__}:{self.compute.__qualname__}"

    def __call__(self, *, estimate: Audio, reference: Audio, rate: int) -> float:
        """The value for one pair.

        Args:
            estimate: samples, `channel × frame` or 1-D; a dict of stem name → samples for a
                metric that needs stems.
            reference: the same for the reference.
            rate: of both, in Hz.

        Raises:
            MetricError: there is no value; says why.
        """
        from .scoring import score_pairs  # here, as scoring needs torch and a worker does not

        task = self.facts.tasks[0] if self.facts.tasks else ""
        pair = Pair(
            system="estimate",
            item="item",
            task=task,
            estimate=_sum(estimate, rate),
            reference=_sum(reference, rate),
            estimate_stems=_stems(estimate, rate),
            reference_stems=_stems(reference, rate),
        )
        [[outcome]] = score_pairs([pair], [self])
        if outcome.value is None:
            raise MetricError(f"{self.facts.id} has no value: {outcome.reason}")
        return outcome.value


def _stems(audio: Audio, rate: int) -> dict[str, Signal]:
    if not isinstance(audio, Mapping):
        return {}
    return {name: _signal(samples, rate) for name, samples in audio.items()}


def _sum(audio: Audio, rate: int) -> Signal:
    if not isinstance(audio, Mapping):
        return _signal(audio, rate)
    stems = list(audio.values())
    if len({np.shape(stem) for stem in stems}) != 1:
        raise MetricError("the stems differ in length or channels; give arrays of one shape")
    return _signal(np.sum(stems, axis=0), rate)


def _signal(samples: Array, rate: int) -> Signal:
    return Signal(np.atleast_2d(np.asarray(samples, dtype=np.float32)), rate)
