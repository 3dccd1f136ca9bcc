"""One relative loudness for every song: the mean of the human mixes of all other songs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from statistics import fmean

import numpy as np

from earwitness.evaluation import ItemInputs, Rendering
from earwitness.stimuli.audio import Samples, Signal
from earwitness.stimuli.level import integrated_loudness_lufs


class Constant:
    """Sets the lead so that LUFS(lead) − LUFS(backing) is the constant; the backing stays."""

    def __init__(self, _parameters: Mapping[str, object]) -> None:
        self.relative_loudness_lu: float | None = None

    def fit(self, examples: Sequence[ItemInputs]) -> None:
        """Take the mean over songs, so that a song with two passages counts once."""
        songs: dict[str, list[float]] = defaultdict(list)
        for example in examples:
            if example.reference is not None:
                stems = example.reference.stems
                songs[example.group].append(relative_loudness_lu(stems, example.rate))
        if not songs:
            raise ValueError("constant needs the references of at least one other song")
        self.relative_loudness_lu = fmean(fmean(passages) for passages in songs.values())

    def render(self, inputs: ItemInputs) -> Rendering:
        if self.relative_loudness_lu is None:
            raise ValueError('constant must be fitted first: fit = "leave-one-group-out"')
        gain_db = self.relative_loudness_lu - relative_loudness_lu(inputs.audio, inputs.rate)
        lead = inputs.audio["lead"] * np.float32(10.0 ** (gain_db / 20.0))
        backing = inputs.audio["backing"]
        return Rendering(lead + backing, {"lead": lead, "backing": backing})


def relative_loudness_lu(stems: Mapping[str, Samples], rate: int) -> float:
    """LUFS(lead) − LUFS(backing), integrated over the item (BS.1770-5)."""
    lead, backing = (
        integrated_loudness_lufs(Signal(stems[name], rate)) for name in ("lead", "backing")
    )
    return lead - backing
