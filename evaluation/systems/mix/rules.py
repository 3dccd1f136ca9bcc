"""Settings by rule: from what can be measured on lead and backing."""

from __future__ import annotations

from earwitness.stimuli.audio import Samples

from .chain import Settings
from .compressor import compress_to_range
from .equaliser import equalise, masking_gains_db
from .level import set_relative_loudness
from .reverb import Reverb, rt60_of_tempo_s
from .tempo import estimate_tempo

RELATIVE_LOUDNESS_LU = -0.5


def settings_by_rule(
    lead: Samples, backing: Samples, rate: int, relative_loudness_lu: float = RELATIVE_LOUDNESS_LU
) -> Settings:
    """Frequency masking → peak filters, loudness range → compressor, tempo → reverb.

    Each rule sees the lead as the stage before leaves it.

    Raises:
        ModelError: a part without loudness, or pedalboard is not installed.
    """
    levelled = set_relative_loudness(lead, backing, rate, relative_loudness_lu)
    gains_db = masking_gains_db(levelled, backing, rate)
    _, steps = compress_to_range(equalise(levelled, rate, gains_db), rate)
    tempo = estimate_tempo(lead + backing, rate)
    return Settings(
        relative_loudness_lu,
        gains_db,
        steps[-1].compressor if steps else None,
        Reverb(rt60_of_tempo_s(tempo.bpm)),
    )
