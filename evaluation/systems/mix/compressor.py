"""Compressor that is turned up step by step until the loudness range is what was asked for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from earwitness.stimuli.audio import Samples, Signal
from earwitness.stimuli.errors import ModelError
from earwitness.stimuli.level import loudness_range_lu

TARGET_RANGE_LU = 14.0  # on the scale of 0.1 s windows; music's is far larger there than at 3 s
RANGE_WINDOW_S = 0.1
PEAK_DBFS = -1.0
MAX_STEPS = 100
SOFT_LIMIT_DB, HARD_LIMIT_DB = -30.0, -35.0


@dataclass(frozen=True)
class Compressor:
    """Settings of a feed-forward compressor; a threshold of 0 dBFS leaves a signal as it is."""

    threshold_db: float = 0.0
    ratio: float = 2.9
    attack_ms: float = 30.0
    release_ms: float = 150.0
    makeup_db: float = 0.0


@dataclass(frozen=True)
class Step:
    """One try: the settings, and the loudness range that they gave in LU."""

    compressor: Compressor
    loudness_range_lu: float


def compress(samples: Samples, rate: int, compressor: Compressor) -> Samples:
    """The signal through the compressor, then the make-up gain; all channels alike.

    Raises:
        ModelError: pedalboard is not installed.
    """
    try:
        import pedalboard
    except ImportError as error:
        raise ModelError(
            "the compressor needs pedalboard: pip install 'earwitness[effects]'"
        ) from error
    board = pedalboard.Pedalboard(
        [
            pedalboard.Compressor(
                threshold_db=compressor.threshold_db,
                ratio=compressor.ratio,
                attack_ms=compressor.attack_ms,
                release_ms=compressor.release_ms,
            ),
            pedalboard.Gain(gain_db=compressor.makeup_db),
        ]
    )
    processed: npt.NDArray[np.float32] = board(samples, rate, reset=True)
    return processed


def compress_to_range(
    samples: Samples, rate: int, target_lu: float = TARGET_RANGE_LU
) -> tuple[Samples, list[Step]]:
    """Lower the threshold by 3 dB a step until the loudness range reaches the target.

    The input's peak is brought to −1 dBFS first, and back afterwards. What is within tolerance at
    once (1 LU, and more after each step that leaves over 20 LU) returns as it came, with no step.

    Raises:
        ModelError: as `compress`.
    """
    peak = float(np.abs(samples).max()) if samples.size else 0.0
    if not peak or _range_lu(samples, rate) - target_lu < 1.0:
        return samples, []
    scale = np.float32(10.0 ** (PEAK_DBFS / 20.0) / peak)
    scaled = samples * scale
    compressor, tolerance_lu = Compressor(), 1.0
    steps: list[Step] = []
    processed = scaled
    while len(steps) < MAX_STEPS and compressor.threshold_db > HARD_LIMIT_DB:
        compressor = harder(compressor)
        processed = compress(scaled, rate, compressor)
        steps.append(Step(compressor, _range_lu(processed, rate)))
        if steps[-1].loudness_range_lu - target_lu < tolerance_lu:
            break
        if steps[-1].loudness_range_lu > 20.0:
            tolerance_lu += 0.2
    return processed / scale, steps


def harder(compressor: Compressor) -> Compressor:
    """The next settings to try: below −30 dB the ratio grows instead of the threshold falling."""
    deep = compressor.threshold_db < SOFT_LIMIT_DB
    return Compressor(
        threshold_db=compressor.threshold_db - (0.5 if deep else 3.0),
        ratio=compressor.ratio + (1.0 if deep else 0.1),
        attack_ms=compressor.attack_ms,
        release_ms=compressor.release_ms,
        makeup_db=compressor.makeup_db + 0.5,
    )


def _range_lu(samples: Samples, rate: int) -> float:
    return loudness_range_lu(Signal(samples, rate), window_s=RANGE_WINDOW_S)
