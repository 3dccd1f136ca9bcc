"""Integrated loudness of a padded batch: ITU-R BS.1770-5, Annex 1, on any device.

The K-weighting cascade is applied as a truncated impulse response with overlap-save FFTs of one
fixed size: no recursion, so nothing clamps, and a clip's value cannot depend on its batch mates.
Samples are filtered in their own precision (float32: within 2e-6 LU) and summed in float64. Only
whole 400 ms blocks count, in steps of 100 ms.
"""

from __future__ import annotations

import functools
import math

import numpy as np
import numpy.typing as npt
import scipy.fft
import scipy.signal
import torch
from torch import Tensor

OFFSET_DB = -0.691
ABSOLUTE_GATE_LUFS = -70.0
RELATIVE_GATE_LU = -10.0
STEP_S, STEPS_PER_BLOCK = 0.1, 4
# BS.1770-5, Table 3: L R C Ls Rs, and the same with the LFE (which does not count) as channel 4.
CHANNEL_WEIGHTS = {
    1: (1.0,),
    2: (1.0, 1.0),
    3: (1.0, 1.0, 1.0),
    5: (1.0, 1.0, 1.0, 1.41, 1.41),
    6: (1.0, 1.0, 1.0, 0.0, 1.41, 1.41),
}
# Re-derived for a rate below this, the filters are up to 0.13 dB off the 48 kHz tables: there the
# magnitude response of the tables is sampled instead (linear phase, which no block notices).
LOWEST_FILTER_RATE_HZ, TABLE_RATE_HZ = 32_000, 48_000
# 4096 taps (93 ms) at up to 48 kHz are within 1e-9 LU of the recursive cascade.
_TAPS = 4096


def integrated_loudness_lufs(samples: Tensor, lengths: Tensor, rate: int) -> Tensor:
    """Gated loudness of each clip.

    Args:
        samples: clip × channel × frame, zero beyond each clip's length.
        lengths: frames of each clip, int64.
        rate: Hz.

    Returns:
        float64 LUFS per clip; −inf for silence, below the absolute gate, or under 400 ms.

    Raises:
        ValueError: a channel count without weights in the standard.
    """
    if samples.shape[1] not in CHANNEL_WEIGHTS:
        raise ValueError(f"BS.1770 has no weights for {samples.shape[1]} channels without a layout")
    step = round(STEP_S * rate)
    powers = _step_powers(samples, rate, step)
    blocks = powers.unfold(-1, STEPS_PER_BLOCK, 1).mean(-1)
    count = (lengths // step - (STEPS_PER_BLOCK - 1)).clamp(min=0)
    whole = torch.arange(blocks.shape[-1], device=blocks.device) < count[:, None]
    return gated_lufs(blocks, whole)


def gated_lufs(blocks: Tensor, whole: Tensor) -> Tensor:
    """Two-stage gate over block powers (clip × block); `whole` marks the blocks that exist."""
    loud = whole & (power_to_lufs(blocks) > ABSOLUTE_GATE_LUFS)
    threshold = power_to_lufs(_mean(blocks, loud)) + RELATIVE_GATE_LU
    return power_to_lufs(_mean(blocks, loud & (power_to_lufs(blocks) > threshold[:, None])))


def power_to_lufs(power: Tensor) -> Tensor:
    """Weighted mean square → LUFS (BS.1770-5, equation 2); 0 → −inf."""
    return OFFSET_DB + 10.0 * torch.log10(power)


def _mean(values: Tensor, chosen: Tensor) -> Tensor:
    """Mean over the chosen blocks, 0 where there is none."""
    return torch.where(chosen, values, 0.0).sum(-1) / chosen.sum(-1).clamp(min=1)


def _step_powers(samples: Tensor, rate: int, step: int) -> Tensor:
    """Channel-weighted mean square of the K-weighted signal per 100 ms: clip × step, float64."""
    weighted = k_weighted_steps(samples, rate, step)
    means = weighted.square_().mean(-1, dtype=torch.float64)
    weights = CHANNEL_WEIGHTS[samples.shape[1]]
    return torch.einsum("bcs,c->bs", means, torch.tensor(weights).to(means))


def k_weighted_steps(samples: Tensor, rate: int, step: int) -> Tensor:
    """The K-weighted signal (BS.1770-5, Annex 1, stage 1 and 2) cut into steps.

    Args:
        samples: … × frame.
        rate: Hz.
        step: frames of a step.

    Returns:
        … × step × frame of the step, in the precision of `samples`, zero-padded to whole steps
        (at least those of one block).
    """
    response, delay = _k_response(rate)
    taps, frames = len(response), samples.shape[-1]
    steps_at_once = -(-3 * taps // step)
    hop = steps_at_once * step
    size = scipy.fft.next_fast_len(hop + taps - 1, real=True)
    steps = max(-(-frames // step), STEPS_PER_BLOCK)
    blocks = -(-steps // steps_at_once)
    margins = (taps - 1 - delay, (blocks - 1) * hop + size - (taps - 1 - delay) - frames)
    padded = torch.nn.functional.pad(samples, margins).unfold(-1, size, hop)
    spectrum = torch.fft.rfft(torch.from_numpy(response).to(samples), size)
    filtered = torch.fft.irfft(torch.fft.rfft(padded).mul_(spectrum), size)
    valid: Tensor = filtered[..., taps - 1 : taps - 1 + hop]
    cut = torch.unflatten(valid, -1, (steps_at_once, step)).flatten(-3, -2)
    return cut[..., :steps, :]


@functools.lru_cache(maxsize=16)
def _k_response(rate: int) -> tuple[npt.NDArray[np.float64], int]:
    """Impulse response of both stages, long enough for its tail to vanish, and its delay."""
    taps = _TAPS * 2 ** max(0, math.ceil(math.log2(rate / TABLE_RATE_HZ)))
    if rate < LOWEST_FILTER_RATE_HZ:
        bins_hz = np.fft.rfftfreq(taps, 1.0 / rate)
        magnitude = np.ones(len(bins_hz))
        for b, a in k_coefficients(TABLE_RATE_HZ):
            magnitude *= np.abs(scipy.signal.freqz(b, a, worN=bins_hz, fs=TABLE_RATE_HZ)[1])
        return np.fft.fftshift(np.fft.irfft(magnitude, taps)), taps // 2
    response = np.zeros(taps)
    response[0] = 1.0
    for b, a in k_coefficients(rate):
        response = np.asarray(scipy.signal.lfilter(b, a, response), dtype=np.float64)
    return response, 0


def k_coefficients(rate: int) -> tuple[tuple[list[float], list[float]], ...]:
    """(b, a) of the shelf and of the high-pass at any rate.

    The bilinear transform of the analogue prototype behind the 48 kHz tables of BS.1770-5
    (De Man, "Evaluation of implementations of the EBU R128 loudness measurement", AES 2018).
    The numerator of the high-pass stays 1, −2, 1 as in the standard.
    """
    k, q = math.tan(math.pi * 1681.9744509555319 / rate), 0.7071752369554193
    high = 10.0 ** (3.99984385397 / 20.0)
    band = high**0.499666774155
    norm = 1.0 + k / q + k * k
    shelf_b = [
        (high + band * k / q + k * k) / norm,
        2.0 * (k * k - high) / norm,
        (high - band * k / q + k * k) / norm,
    ]
    shelf_a = [1.0, 2.0 * (k * k - 1.0) / norm, (1.0 - k / q + k * k) / norm]
    k, q = math.tan(math.pi * 38.13547087613982 / rate), 0.5003270373253953
    norm = 1.0 + k / q + k * k
    pass_a = [1.0, 2.0 * (k * k - 1.0) / norm, (1.0 - k / q + k * k) / norm]
    return (shelf_b, shelf_a), ([1.0, -2.0, 1.0], pass_a)
