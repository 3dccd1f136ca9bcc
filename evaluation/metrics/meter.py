"""The readings of a loudness meter, from K-weighted hops: ITU-R BS.1770-5, EBU Tech 3341 and 3342.

Only whole blocks count and nothing is padded: a clip that is too short has no reading.
"""

from __future__ import annotations

import torch
from torch import Tensor

from .loudness import Hops, power_to_lufs

ABSOLUTE_GATE_LUFS = -70.0
INTEGRATED_GATE_LU, RANGE_GATE_LU = -10.0, -20.0
# In steps of 100 ms: a momentary block, a short-term block, and from one block of the loudness
# range to the next (Tech 3342 asks for an overlap of at least 66 %).
MOMENTARY_STEPS, SHORT_TERM_STEPS, RANGE_HOP_STEPS = 4, 30, 10
LOW_QUANTILE, HIGH_QUANTILE = 0.10, 0.95


def integrated_loudness_lufs(hops: Hops) -> Tensor:
    """Gated loudness of each clip (BS.1770-5, Annex 1); −inf when no block passes the gates."""
    blocks, whole = block_powers(hops, MOMENTARY_STEPS, hops.per_100_ms)
    return gated_lufs(blocks, whole)


def gated_lufs(blocks: Tensor, whole: Tensor) -> Tensor:
    """Loudness of the blocks (… × block) that pass both gates; `whole` marks those that exist."""
    loud = gated(blocks, whole, INTEGRATED_GATE_LU)
    return power_to_lufs(_mean(blocks, loud))


def gated(blocks: Tensor, whole: Tensor, relative_gate_lu: float) -> Tensor:
    """The blocks above −70 LUFS and above `relative_gate_lu` re the mean of those."""
    levels = power_to_lufs(blocks)
    loud = whole & (levels >= ABSOLUTE_GATE_LUFS)
    threshold = power_to_lufs(_mean(blocks, loud)) + relative_gate_lu
    return loud & (levels >= threshold[..., None])


def maximum_lufs(hops: Hops, steps: int) -> Tensor:
    """Largest loudness of any block of `steps` × 100 ms, one starting at every hop; −inf if none.

    Tech 3341: momentary loudness has blocks of 400 ms, short-term loudness of 3 s.
    """
    blocks, whole = block_powers(hops, steps, 1)
    return power_to_lufs(torch.where(whole, blocks, 0.0).amax(-1))


def loudness_range_lu(hops: Hops) -> Tensor:
    """LRA (Tech 3342): from the 10th to the 95th percentile of short-term loudness, gated.

    The percentile is the nearest rank. NaN when no 3 s block passes the gates.
    """
    blocks, whole = block_powers(hops, SHORT_TERM_STEPS, RANGE_HOP_STEPS * hops.per_100_ms)
    loud = gated(blocks, whole, RANGE_GATE_LU)
    levels = torch.where(loud, power_to_lufs(blocks), torch.inf).sort(-1).values
    last = loud.sum(-1, keepdim=True) - 1
    low, high = (
        levels.gather(-1, (last * quantile + 0.5).long().clamp(min=0))
        for quantile in (LOW_QUANTILE, HIGH_QUANTILE)
    )
    return (high - low)[..., 0]  # inf − inf = NaN without a block


def block_powers(hops: Hops, steps: int, every: int) -> tuple[Tensor, Tensor]:
    """Mean power of the blocks of `steps` × 100 ms that start at every `every`-th hop.

    Returns:
        clip × block (at least one), and which of these lie wholly inside their clip.
    """
    span = steps * hops.per_100_ms
    missing = max(0, span - hops.powers.shape[-1])
    blocks = torch.nn.functional.pad(hops.powers, (0, missing)).unfold(-1, span, every).mean(-1)
    last = torch.arange(blocks.shape[-1], device=blocks.device) * every + span
    return blocks, last <= hops.counts[:, None]


def _mean(values: Tensor, chosen: Tensor) -> Tensor:
    """Mean over the chosen blocks, 0 where there is none."""
    return torch.where(chosen, values, 0.0).sum(-1) / chosen.sum(-1).clamp(min=1)
