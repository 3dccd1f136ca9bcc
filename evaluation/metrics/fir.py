"""Long linear-phase or causal filters of a padded batch: overlap-save with FFTs of one fixed size.

A clip's values cannot depend on its batch mates or its length, and the working set stays in the
cache.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

# Transforms of 5 · 2^k samples for 2^k taps: four fifths of each is new, and no factor is slow.
_TRANSFORM_TAPS = 5
# Samples of one transform: so few that they stay in a CPU's cache, and that the allocator hands
# out the same memory again instead of asking for fresh pages.
_TRANSFORM_SAMPLES = {"cpu": 2**18, "cuda": 2**27}


def filtered_steps(
    samples: Tensor, response: npt.NDArray[np.float64], delay: int, step: int
) -> Iterator[Tensor]:
    """The filtered signal cut into steps, some at a time.

    Args:
        samples: clip × channel × frame.
        response: impulse response of a power of two of taps.
        delay: the tap that belongs to the present sample.
        step: frames of a step; fewer than four times the taps.

    Yields:
        clip × channel × step × frame of the step, in the precision of `samples`: successive steps,
        those beyond the last frame included.
    """
    taps, frames = len(response), samples.shape[-1]
    size = _TRANSFORM_TAPS * taps
    steps_at_once = (size - taps + 1) // step
    hop = steps_at_once * step
    blocks = -(-frames // hop)
    margins = (taps - 1 - delay, (blocks - 1) * hop + size - (taps - 1 - delay) - frames)
    padded = torch.nn.functional.pad(samples, margins).unfold(-1, size, hop)
    spectrum = torch.fft.rfft(torch.from_numpy(response).to(samples), size)
    limit = _TRANSFORM_SAMPLES[samples.device.type]
    group = max(1, limit // (size * samples.shape[0] * samples.shape[1]))
    for first in range(0, blocks, group):
        transformed = torch.fft.rfft(padded[:, :, first : first + group]).mul_(spectrum)
        filtered = torch.fft.irfft(transformed, size)[..., taps - 1 : taps - 1 + hop]
        yield torch.unflatten(filtered, -1, (steps_at_once, step)).flatten(2, 3)
