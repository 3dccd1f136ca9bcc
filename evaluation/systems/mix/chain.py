"""The order in which a lead is processed: level, equaliser, compressor, reverb, level again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from earwitness.stimuli.audio import Samples

from .compressor import Compressor, compress
from .equaliser import equalise
from .level import set_relative_loudness
from .reverb import Reverb, reverberate


@dataclass(frozen=True)
class Settings:
    """Everything that is done to the lead; the backing stays as it is.

    Attributes:
        relative_loudness_lu: LUFS(lead) − LUFS(backing), set before the effects and after them.
        gains_db: peak filters, centre in Hz → gain in dB.
        compressor: its settings, or None for no compression.
        reverb: its settings, or None for no reverb.
    """

    relative_loudness_lu: float
    gains_db: Mapping[float, float] = field(default_factory=dict)
    compressor: Compressor | None = None
    reverb: Reverb | None = None


def process(lead: Samples, backing: Samples, rate: int, settings: Settings) -> Samples:
    """The lead through the chain, `channel × frame`.

    Raises:
        ModelError: a part without loudness, or pedalboard is not installed.
    """
    levelled = set_relative_loudness(lead, backing, rate, settings.relative_loudness_lu)
    processed = equalise(levelled, rate, settings.gains_db)
    if settings.compressor:
        processed = compress(processed, rate, settings.compressor)
    if settings.reverb:
        processed = reverberate(processed, rate, settings.reverb)
    return set_relative_loudness(processed, backing, rate, settings.relative_loudness_lu)
