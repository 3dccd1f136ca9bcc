"""Test tones of EBU Tech 3341 and 3342, and the meter's readings of plain arrays."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch

from earwitness.evaluation.metrics.loudness import Hops, hop_powers

Samples = npt.NDArray[np.float64]
# (seconds, peak dBFS) in turn; −inf is silence.
Parts = Sequence[tuple[float, float]]


def tone(rate: int, parts: Parts, hz: float = 1000.0) -> Samples:
    """A sine in steps of level, 1-D."""
    amplitude = np.concatenate(
        [np.full(round(seconds * rate), 10.0 ** (dbfs / 20.0)) for seconds, dbfs in parts]
    )
    return amplitude * np.sin(2 * np.pi * hz * np.arange(len(amplitude)) / rate)


def measured(clips: Sequence[Samples], rate: int) -> Hops:
    """Hops of 1-D clips, each played on both channels of a stereo batch."""
    lengths = torch.tensor([len(clip) for clip in clips])
    batch = torch.zeros(len(clips), 2, int(lengths.max()), dtype=torch.float64)
    for row, clip in enumerate(clips):
        batch[row, :, : len(clip)] = torch.from_numpy(clip)
    return hop_powers(batch, lengths, rate)
