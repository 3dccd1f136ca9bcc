"""K-weighted power of a padded batch in hops of 10 ms: ITU-R BS.1770-5, Annex 1, on any device.

The K-weighting cascade is applied as a truncated impulse response with overlap-save FFTs of one
fixed size: no recursion, so nothing clamps, and a clip's value cannot depend on its batch mates.
Samples are filtered and squared in their own precision (float32: within 2e-6 LU of float64); hops
are averaged in float64. Every reading of a loudness meter is a mean of these hops (`meter.py`).
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.signal
import torch
from torch import Tensor

from .fir import filtered_steps

OFFSET_DB = -0.691
STEP_S, HOPS_PER_STEP = 0.1, 10
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


@dataclass(frozen=True, eq=False)
class Hops:
    """Channel-weighted mean square of the K-weighted signal, hop by hop.

    Attributes:
        powers: clip × hop, float64, zero beyond each clip's length.
        counts: whole hops of each clip, int64.
        per_100_ms: hops in 100 ms (10 at the usual rates).
    """

    powers: Tensor
    counts: Tensor
    per_100_ms: int


def hop_powers(samples: Tensor, lengths: Tensor, rate: int) -> Hops:
    """Measure each clip.

    Args:
        samples: clip × channel × frame, zero beyond each clip's length.
        lengths: frames of each clip, int64.
        rate: Hz.

    Raises:
        ValueError: a channel count without weights in the standard.
    """
    if samples.shape[1] not in CHANNEL_WEIGHTS:
        raise ValueError(f"BS.1770 has no weights for {samples.shape[1]} channels without a layout")
    hop, per_100_ms = hop_frames(rate)
    energies = [step.square().sum(-1) for step in k_weighted_steps(samples, rate, hop)]
    count = -(-samples.shape[-1] // hop)
    means = torch.cat(energies, -1)[..., :count].double() / hop
    weights = CHANNEL_WEIGHTS[samples.shape[1]]
    powers = torch.einsum("bch,c->bh", means, torch.tensor(weights).to(means))
    return Hops(powers, lengths // hop, per_100_ms)


def hop_frames(rate: int) -> tuple[int, int]:
    """(frames of a hop, hops in 100 ms): the longest hop of at most 10 ms that divides 100 ms.

    At odd rates, where 100 ms have no such divisor, 100 ms are taken as ten rounded hops.
    """
    frames = round(STEP_S * rate)
    for hops in range(HOPS_PER_STEP, 3 * HOPS_PER_STEP):
        if frames % hops == 0:
            return frames // hops, hops
    return round(frames / HOPS_PER_STEP), HOPS_PER_STEP


def power_to_lufs(power: Tensor) -> Tensor:
    """Weighted mean square → LUFS (BS.1770-5, equation 2); 0 → −inf."""
    return OFFSET_DB + 10.0 * torch.log10(power)


def k_weighted_steps(samples: Tensor, rate: int, step: int) -> Iterator[Tensor]:
    """The K-weighted signal (BS.1770-5, Annex 1, stage 1 and 2) cut into steps, some at a time.

    Args:
        samples: clip × channel × frame.
        rate: Hz.
        step: frames of a step.

    Returns:
        Clip × channel × step × frame of the step, in the precision of `samples`: successive steps,
        those beyond the last frame included.
    """
    return filtered_steps(samples, *_k_response(rate), step)


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
