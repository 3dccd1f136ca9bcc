"""Spectrogram correlations against plain numpy."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest
import scipy.signal

from earwitness.evaluation.metrics import metric
from earwitness.stimuli.audio import Signal
from earwitness.stimuli.level import integrated_loudness_lufs

Samples = npt.NDArray[np.float32]
Maker = Callable[[int, float, int], Samples]
Noise = Callable[[int, int, int], Samples]


def log_power(samples: npt.NDArray[np.float64], rate: int) -> npt.NDArray[np.float64]:
    length, hop = rate // 25, rate // 100
    window = scipy.signal.get_window("hann", length)
    starts = range(0, len(samples) - length + 1, hop)
    frames = np.stack([samples[start : start + length] * window for start in starts])
    return np.asarray(np.abs(np.fft.rfft(frames)) ** 2)


def test_both_equal_numpys_corrcoef(speechlike: Maker, noise: Noise) -> None:
    reference = speechlike(16000, 2.0, 1)
    estimate = reference + 0.2 * noise(1, 32000, 2)
    gain_db = integrated_loudness_lufs(Signal(reference, 16000)) - integrated_loudness_lufs(
        Signal(estimate, 16000)
    )
    matched = estimate.astype(np.float64) * 10 ** (gain_db / 20)
    x, y = log_power(matched[0], 16000), log_power(reference[0].astype(np.float64), 16000)
    floor = y.max() * 1e-8
    x, y = np.log10(np.maximum(x, floor)), np.log10(np.maximum(y, floor))
    values = {
        name: metric(name)(estimate=estimate, reference=reference, rate=16000)
        for name in ("pcc_logstft_global", "pcc_logstft_band_mean")
    }
    per_band = [np.corrcoef(x[:, band], y[:, band])[0, 1] for band in range(x.shape[1])]
    assert values["pcc_logstft_global"] == pytest.approx(
        np.corrcoef(x.ravel(), y.ravel())[0, 1], abs=1e-4
    )
    assert values["pcc_logstft_band_mean"] == pytest.approx(np.mean(per_band), abs=1e-4)


def test_bands_that_only_the_estimate_lacks_count_as_no_correlation(noise: Noise) -> None:
    reference = noise(1, 32000, 3)
    taps = scipy.signal.firwin(801, 3500, fs=16000, window=("kaiser", 12.0))
    estimate = np.convolve(reference[0], taps, "same").astype(np.float32)
    value = metric("pcc_logstft_band_mean")(estimate=estimate, reference=reference, rate=16000)
    assert value < 0.55  # 3.5 of 8 kHz are left


def test_unrelated_noise_correlates_little_per_band(noise: Noise) -> None:
    value = metric("pcc_logstft_band_mean")(
        estimate=noise(1, 64000, 4), reference=noise(1, 64000, 5), rate=16000
    )
    assert abs(value) < 0.05
