"""Signals that the metric tests share: deterministic, made from arithmetic only."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest
import torch

Samples = npt.NDArray[np.float32]


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


def make_noise(channels: int, frames: int, seed: int) -> Samples:
    """Uniform noise in ±0.1, channel × frame (PCG64 doubles are the same everywhere)."""
    values = np.random.Generator(np.random.PCG64(seed)).random((channels, frames))
    return (0.2 * values - 0.1).astype(np.float32)


def make_speechlike(rate: int, seconds: float, seed: int) -> Samples:
    """A buzz of 120 Hz harmonics with syllables, pauses and a little noise, 1 × frame."""
    times = np.arange(round(rate * seconds)) / rate
    phase = 2 * np.pi * (120.0 * times + 4.0 * np.sin(2 * np.pi * 0.7 * times + seed))
    buzz = sum(np.cos(k * phase) / k for k in range(1, int(min(3800, rate / 2 - 200) / 160)))
    syllables = np.clip(np.sin(2 * np.pi * 3.1 * times + seed), 0.0, None)
    pauses = np.sin(2 * np.pi * 0.45 * times + seed) > -0.6
    noise = 0.002 * make_noise(1, len(times), seed + 1)[0]
    return (0.1 * buzz * syllables * pauses + noise).astype(np.float32)[None]


@pytest.fixture(scope="session")
def noise() -> Callable[[int, int, int], Samples]:
    """`noise(channels, frames, seed)`."""
    return make_noise


@pytest.fixture(scope="session")
def speechlike() -> Callable[[int, float, int], Samples]:
    """`speechlike(rate, seconds, seed)`."""
    return make_speechlike
