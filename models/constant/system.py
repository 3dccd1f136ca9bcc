"""One relative loudness for every song: the mean of the human mixes of all other songs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from statistics import fmean

from earwitness.evaluation import ItemInputs, Rendering
from earwitness.evaluation.systems.mix.constant import at_relative_loudness
from earwitness.evaluation.systems.mix.level import relative_loudness_lu


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
                value = relative_loudness_lu(stems["lead"], stems["backing"], example.rate)
                songs[example.group].append(value)
        if not songs:
            raise ValueError("constant needs the references of at least one other song")
        self.relative_loudness_lu = fmean(fmean(passages) for passages in songs.values())

    def render(self, inputs: ItemInputs) -> Rendering:
        if self.relative_loudness_lu is None:
            raise ValueError('constant must be fitted first: fit = "leave-one-group-out"')
        return at_relative_loudness(inputs, self.relative_loudness_lu)
