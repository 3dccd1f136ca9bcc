"""What metrics compare: the renderings of a run beside their references, read from disk."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from earwitness.stimuli.audio import Signal

from .inputs import ItemState
from .metrics.facts import Pair
from .outputs import read_rendering
from .render import Rendered

# Raised when metrics are handed other signals or other facts about them.
PAIR_VERSION = 1


def read_pairs(run: Path, renderings: Sequence[Rendered]) -> list[Pair]:
    """The signals of renderings beside their references, each of which is read once.

    Raises:
        DataError: a file cannot be read.
    """
    references: dict[str, tuple[Signal, dict[str, Signal]]] = {}
    pairs = []
    for rendered in renderings:
        state = rendered.job.state
        if state.item.id not in references:
            references[state.item.id] = _reference(state)
        estimate, stems = read_rendering(run, rendered.job, rendered.stems)
        pairs.append(_pair(rendered, estimate, stems, *references[state.item.id]))
    return pairs


def placeholder(rendered: Rendered) -> Pair:
    """A pair without samples, to tell which metrics would not have applied anyway."""
    dataset = rendered.job.state.dataset
    nothing = Signal(np.zeros((1, 0), np.float32), dataset.rate)
    stems = dict.fromkeys(dataset.inputs, nothing) if dataset.task == "mix" else {}
    return _pair(rendered, nothing, stems, nothing, stems)


def _reference(state: ItemState) -> tuple[Signal, dict[str, Signal]]:
    dataset, item = state.dataset, state.item
    stems = dataset.audio_inputs(item) if dataset.task == "mix" else {}
    return dataset.reference_audio(item), stems


def _pair(
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
