"""SDR with 512 taps against least squares on delayed copies, its very definition."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest
import scipy.linalg

from earwitness.evaluation.metrics import metric

Samples = npt.NDArray[np.float32]
Maker = Callable[[int, float, int], Samples]
Noise = Callable[[int, int, int], Samples]


def test_it_is_the_projection_onto_512_delays(speechlike: Maker, noise: Noise) -> None:
    reference = speechlike(8000, 0.6, 1)
    estimate = (reference + 0.1 * noise(1, 4800, 2)).astype(np.float32)
    delayed = scipy.linalg.toeplitz(
        np.pad(reference[0].astype(np.float64), (0, 511)), np.zeros(512)
    )
    padded = np.pad(estimate[0].astype(np.float64), (0, 511))
    taps, *_ = np.linalg.lstsq(delayed, padded, rcond=None)
    projected = delayed @ taps
    expected = 10 * np.log10((projected**2).sum() / ((padded - projected) ** 2).sum())
    value = metric("sdr_db")(estimate=estimate, reference=reference, rate=8000)
    assert value == pytest.approx(expected, abs=1e-4)


def test_a_delay_an_echo_and_a_gain_are_forgiven(noise: Noise) -> None:
    reference = np.pad(noise(1, 15000, 3), ((0, 0), (0, 1000)))
    estimate = 0.3 * np.roll(reference, 200, axis=1) - 0.1 * np.roll(reference, 450, axis=1)
    value = metric("sdr_db")(estimate=estimate, reference=reference, rate=16000)
    assert value > 80.0


def test_independent_noise_of_equal_power_gives_0_db(noise: Noise) -> None:
    reference, error = noise(1, 160000, 4), noise(1, 160000, 5)
    value = metric("sdr_db")(estimate=reference + error, reference=reference, rate=16000)
    assert value == pytest.approx(0.0, abs=0.1)
