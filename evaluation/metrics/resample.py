"""Resampling of a padded batch with one published kernel, on any device.

The kernel is that of Octave's `resample` (signal package): an ideal low-pass under a Kaiser
window, 60 dB rejection, roll-off a tenth of the band, zero phase. The reference implementation of
STOI uses it, so STOI agrees with it to rounding; all other metrics use it too.
"""

from __future__ import annotations

import functools
import math

import numpy as np
import numpy.typing as npt
import scipy.signal
import torch
from torch import Tensor

Kernel = npt.NDArray[np.float64]

_REJECTION_DB = 60.0
# Above this many matrix entries (odd pairs of rates) scipy's polyphase filter takes over.
_MAX_MATRIX = 2**21


def resample(samples: Tensor, lengths: Tensor, rate: int, target: int) -> tuple[Tensor, Tensor]:
    """Bring a batch from `rate` to `target` Hz.

    Args:
        samples: … × frame, zero beyond each clip's length; the first axis is the clip.
        lengths: frames of each clip.
        rate: of `samples`, Hz.
        target: Hz.

    Returns:
        The samples in float64, zero beyond the new lengths ceil(length · target / rate), and
        these lengths.
    """
    common = math.gcd(rate, target)
    up, down = target // common, rate // common
    resampled_lengths = -(-lengths * up // down)
    matrix, first, stride = _plan(up, down)
    if matrix is None:
        resampled = _resample_on_cpu(samples, up, down)
    else:
        resampled = _resample(samples.double(), matrix, first, stride, up, down)
    inside = torch.arange(resampled.shape[-1], device=samples.device) < resampled_lengths[:, None]
    return resampled * inside[:, None], resampled_lengths


def _resample(
    samples: Tensor, matrix: Kernel, first: int, stride: int, up: int, down: int
) -> Tensor:
    """One matrix product: each window of the input gives the outputs of whole periods."""
    outputs = -(-samples.shape[-1] * up // down)
    windows = -(-outputs // matrix.shape[0])
    width = (windows - 1) * stride + matrix.shape[1]
    padded = torch.nn.functional.pad(samples, (-first, width + first - samples.shape[-1]))
    kernel = torch.from_numpy(matrix).to(samples.device)
    blocks = padded.unfold(-1, matrix.shape[1], stride) @ kernel.T
    return blocks.flatten(-2)[..., :outputs]


def _resample_on_cpu(samples: Tensor, up: int, down: int) -> Tensor:
    values: Kernel = samples.double().cpu().numpy()
    taps = kernel(up, down) / up  # scipy scales by `up` itself
    # scipy-stubs admit no array as window
    filtered: Kernel = scipy.signal.resample_poly(values, up, down, -1, taps)  # type: ignore[call-overload]
    return torch.from_numpy(filtered.copy()).to(samples.device)


@functools.lru_cache(maxsize=64)
def kernel(up: int, down: int) -> Kernel:
    """The low-pass at rate · up, odd length, sum `up` (Kaiser 1974; Octave `resample`)."""
    cutoff = 1.0 / (2 * max(up, down))
    half = math.ceil((_REJECTION_DB - 8.0) / (28.714 * cutoff / 10.0))
    times = np.arange(-half, half + 1, dtype=np.float64)
    taps = np.kaiser(2 * half + 1, 0.1102 * (_REJECTION_DB - 8.7)) * np.sinc(2 * cutoff * times)
    return np.asarray(taps * (up / taps.sum()), dtype=np.float64)


@functools.lru_cache(maxsize=64)
def _plan(up: int, down: int) -> tuple[Kernel | None, int, int]:
    """(matrix output × input, offset of the first input, input stride) of some whole periods.

    Output m is Σ_n x[n] · h[m·down − n·up] with h centred on 0. One period has `up` outputs over
    `down` inputs; several periods share a window so that windows overlap by at most two thirds.
    """
    half = len(kernel(up, down)) // 2
    periods = max(1, half // up // down)
    outputs, stride = up * periods, down * periods
    first = -(half // up)
    last = ((outputs - 1) * down + half) // up
    if outputs * (last - first + 1) > _MAX_MATRIX:
        return None, first, stride
    lags = np.arange(outputs)[:, None] * down - np.arange(first, last + 1)[None, :] * up
    taps = kernel(up, down)[np.clip(lags + half, 0, 2 * half)]
    return np.where(np.abs(lags) <= half, taps, 0.0), first, stride
