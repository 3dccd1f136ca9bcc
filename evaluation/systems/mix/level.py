"""Level of the lead against the backing, and of the whole mixture."""

from __future__ import annotations

import math

import numpy as np

from earwitness.stimuli.audio import Samples, Signal
from earwitness.stimuli.errors import ModelError
from earwitness.stimuli.level import integrated_loudness_lufs


def relative_loudness_lu(lead: Samples, backing: Samples, rate: int) -> float:
    """LUFS(lead) − LUFS(backing), integrated over all frames (BS.1770-5).

    Raises:
        ModelError: one of the two is silent or shorter than 0.4 s, so that it has no loudness.
    """
    loudness = [integrated_loudness_lufs(Signal(part, rate)) for part in (lead, backing)]
    for name, value in zip(("lead", "backing"), loudness, strict=True):
        if not math.isfinite(value):
            raise ModelError(f"the {name} is silent or under 0.4 s: it has no loudness to set")
    return loudness[0] - loudness[1]


def set_relative_loudness(lead: Samples, backing: Samples, rate: int, target_lu: float) -> Samples:
    """The lead with the gain that brings it to `target_lu` against the backing.

    Loudness is linear in gain as long as the absolute gate of −70 LUFS takes no part.

    Raises:
        ModelError: as `relative_loudness_lu`.
    """
    return amplified(lead, target_lu - relative_loudness_lu(lead, backing, rate))


def amplified(samples: Samples, gain_db: float) -> Samples:
    """Samples `gain_db` louder, float32."""
    return samples * np.float32(10.0 ** (gain_db / 20.0))
