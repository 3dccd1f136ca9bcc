"""Every loudness reading beside libebur128 (Debian's `libebur128-1`), on the same samples."""

from __future__ import annotations

import ctypes
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest
import scipy.signal
import torch

from earwitness.evaluation.metrics.loudness import hop_powers
from earwitness.evaluation.metrics.meter import (
    MOMENTARY_STEPS,
    SHORT_TERM_STEPS,
    integrated_loudness_lufs,
    loudness_range_lu,
    maximum_lufs,
)
from earwitness.evaluation.metrics.true_peak import true_peaks

Samples = npt.NDArray[np.float64]
Noise = Callable[[int, int, int], npt.NDArray[np.float32]]
READINGS = ("integrated", "momentary", "short-term", "range", "true peak")


class Libebur128:
    """The calls of ebur128.h (1.2) that are needed; modes I, LRA and true peak with their parts."""

    MODES = (1 << 0) | (1 << 1) | (1 << 2) | (1 << 3) | (1 << 4) | (1 << 5)

    def __init__(self) -> None:
        self.library = ctypes.CDLL("libebur128.so.1")
        self.library.ebur128_init.restype = ctypes.c_void_p

    def read(self, samples: Samples, rate: int) -> list[float]:
        """The readings, from a stream of 10 ms pieces; the maxima are those over the pieces."""
        channels, frames = samples.shape
        state = ctypes.c_void_p(
            self.library.ebur128_init(channels, ctypes.c_ulong(rate), self.MODES)
        )
        interleaved, piece = np.ascontiguousarray(samples.T), rate // 100
        series = []
        for first in range(0, frames, piece):
            part = interleaved[first : first + piece]
            pointer = part.ctypes.data_as(ctypes.c_void_p)
            self.library.ebur128_add_frames_double(state, pointer, ctypes.c_size_t(len(part)))
            series.append(
                (self._get("loudness_momentary", state), self._get("loudness_shortterm", state))
            )
        momentary, short_term = np.max(series[30 * 10 - 1 :], axis=0)
        peaks = [self._get("true_peak", state, channel) for channel in range(channels)]
        found = [
            self._get("loudness_global", state),
            momentary,
            short_term,
            self._get("loudness_range", state),
            20 * np.log10(max(peaks)),
        ]
        self.library.ebur128_destroy(ctypes.byref(state))
        return found

    def _get(self, name: str, state: ctypes.c_void_p, *channel: int) -> float:
        value = ctypes.c_double()
        arguments = [ctypes.c_uint(number) for number in channel]
        error = getattr(self.library, f"ebur128_{name}")(state, *arguments, ctypes.byref(value))
        assert error == 0, name
        return value.value


def ours(samples: Samples, rate: int, dtype: torch.dtype) -> list[float]:
    batch = torch.from_numpy(samples)[None].to(dtype)
    hops = hop_powers(batch, torch.tensor([batch.shape[-1]]), rate)
    return [
        integrated_loudness_lufs(hops).item(),
        maximum_lufs(hops, MOMENTARY_STEPS).item(),
        maximum_lufs(hops, SHORT_TERM_STEPS).item(),
        loudness_range_lu(hops).item(),
        20 * np.log10(true_peaks(batch).item()),
    ]


def programme(kind: str, rate: int, noise: Noise) -> Samples:
    """12.37 s of stereo noise (the last block is cut); its first 3 s are not the loudest."""
    frames = round(12.37 * rate)
    white = noise(2, frames, 5).astype(np.float64)
    times = np.arange(frames) / rate
    swell = 0.05 + 0.95 * np.clip(np.sin(2 * np.pi * 0.11 * times - 1.2), 0.0, None)
    if kind == "white":
        return white * swell
    if kind == "bassy":
        return 0.02 * np.asarray(scipy.signal.lfilter([1.0], [1.0, -0.999], white)) * swell
    bursts = np.where(times % 4.0 > 2.2, 1.0, 1e-4)
    return np.clip(8.0 * white, -1.0, 1.0) * bursts


@pytest.mark.parametrize("rate", [44100, 48000])
@pytest.mark.parametrize("kind", ["white", "bassy", "clipped bursts"])
def test_every_reading_agrees_within_a_thousandth(kind: str, rate: int, noise: Noise) -> None:
    samples = programme(kind, rate, noise)
    expected = dict(zip(READINGS, Libebur128().read(samples, rate), strict=True))
    exact = dict(zip(READINGS, ours(samples, rate, torch.float64), strict=True))
    assert exact == pytest.approx(expected, abs=1e-3)
    single = dict(zip(READINGS, ours(samples, rate, torch.float32), strict=True))
    assert single == pytest.approx(exact, abs=1e-4)
