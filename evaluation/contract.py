"""What a rendering must be (DESIGN §4) before it is stored and scored."""

from __future__ import annotations

import numpy as np

from earwitness.stimuli.audio import Samples
from earwitness.stimuli.errors import ModelError

from .adapters.interface import Rendering
from .inputs import ItemState

SILENT_BELOW_DBFS = -90.0
STEM_SUM_TOLERANCE = 1e-5  # full scale 1.0


def check_rendering(rendering: Rendering, state: ItemState) -> None:
    """Refuse a rendering that must not be scored.

    Raises:
        ModelError: another shape than the reference, NaN or infinite samples, silence, or stems
            that are unknown or do not sum to the mixture.
    """
    _check_samples("the audio", rendering.audio, state)
    if np.abs(rendering.audio).max() < 10.0 ** (SILENT_BELOW_DBFS / 20.0):
        raise ModelError(f"the audio is silent (peak below {SILENT_BELOW_DBFS:.0f} dBFS)")
    if rendering.stems:
        _check_stems(rendering, state)


def _check_samples(what: str, samples: Samples, state: ItemState) -> None:
    wanted = (state.channels, state.frames)
    if samples.ndim != 2:
        raise ModelError(f"{what} has {samples.ndim} axes, not 2 (channel × frame)")
    if samples.shape != wanted:
        raise ModelError(
            f"{what} has {samples.shape[0]} channel(s) × {samples.shape[1]} frames, "
            f"the reference {wanted[0]} × {wanted[1]}"
        )
    if not np.isfinite(samples).all():
        raise ModelError(f"{what} has NaN or infinite samples")


def _check_stems(rendering: Rendering, state: ItemState) -> None:
    if state.dataset.task != "mix":
        raise ModelError("it returned stems, but only the task mix has stems")
    if set(rendering.stems) != set(state.dataset.inputs):
        raise ModelError(
            f"its stems are {', '.join(sorted(rendering.stems))}, "
            f"not {', '.join(sorted(state.dataset.inputs))}"
        )
    total = np.zeros(rendering.audio.shape)
    for name, stem in rendering.stems.items():
        _check_samples(f"the stem {name}", stem, state)
        total += stem
    gap = float(np.abs(total - rendering.audio).max())
    if gap > STEM_SUM_TOLERANCE:
        raise ModelError(
            f"its stems do not sum to its mixture (off by {gap:.2g}, allowed are "
            f"{STEM_SUM_TOLERANCE:g}); return stems that do, or none"
        )
