"""What a model of a `python` adapter receives and returns: plain numpy, no framework.

Samples are float32, `channel × frame`, full scale ±1.0, all of one item at `rate` Hz and of equal
length. Imports nothing heavy, so that a model folder can use it without torch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from earwitness.stimuli.audio import Samples
from earwitness.stimuli.dataset import Array


@dataclass(frozen=True, eq=False)
class ItemReference:
    """The truth of one item: what listeners would call right.

    Attributes:
        audio: the reference, `channel × frame`.
        stems: task `mix`: every stem at its original level (they sum to `audio`); else empty.
    """

    audio: Samples
    stems: Mapping[str, Samples]


@dataclass(frozen=True, eq=False)
class ItemInputs:
    """Everything that a system may use to render one item.

    Attributes:
        item: item id.
        group: the item's song or speaker.
        task: `mix`, `speech` or `style`.
        rate: rate of all audio, in and out, in Hz.
        audio: audio inputs by name. Task `mix`: every stem at −23 LUFS integrated over the item.
        arrays: other inputs by name: `values` (float32, time × channel) and `rate` (frames/s).
        reference: for roles `anchor` and `reference`, and for the examples of `fit`; else None.
    """

    item: str
    group: str
    task: str
    rate: int
    audio: Mapping[str, Samples]
    arrays: Mapping[str, Array]
    reference: ItemReference | None


@dataclass(frozen=True, eq=False)
class Rendering:
    """What a system returns for one item.

    Attributes:
        audio: the rendering at the item's rate and length, `channel × frame`, float32.
        stems: task `mix`: the processed stems `lead` and `backing`, whose sum is `audio` within
            1e-5; they carry the relative loudness. Other tasks: empty.
    """

    audio: Samples
    stems: Mapping[str, Samples] = field(default_factory=dict)
