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
Values = npt.NDArray[np.float64]
Maker = Callable[[int, float, int], Samples]
Noise = Callable[[int, int, int], Samples]


def power(samples: Values, rate: int) -> Values:
    length, hop = rate // 25, rate // 100
    window = scipy.signal.get_window("hann", length)
    starts = range(0, len(samples) - length + 1, hop)
    frames = np.stack([samples[start : start + length] * window for start in starts])
    return np.asarray(np.abs(np.fft.rfft(frames)) ** 2)


def mel_power(spectrogram: Values, rate: int) -> Values:
    """The 64 bands filter by filter, as the description words them."""
    mel = np.linspace(2595 * np.log10(1 + 50 / 700), 2595 * np.log10(1 + 8000 / 700), 66)
    edges = 700 * (10 ** (mel / 2595) - 1)
    bins = np.arange(spectrogram.shape[1]) * 25.0
    bands = [
        np.interp(bins, edges[k : k + 3], [0, 1, 0])
        for k in range(64)
        if edges[k + 2] <= rate / 2 + 1e-6
    ]
    return np.stack([spectrogram @ band for band in bands], axis=1)


def floored_db(x: Values, y: Values) -> tuple[Values, Values]:
    floor = y.max() * 1e-8
    return 10 * np.log10(np.maximum(x, floor)), 10 * np.log10(np.maximum(y, floor))


def spectrograms(estimate: Samples, reference: Samples, rate: int) -> tuple[Values, Values]:
    """Power of the estimate, brought to the reference's loudness, and of the reference."""
    gain_db = integrated_loudness_lufs(Signal(reference, rate)) - integrated_loudness_lufs(
        Signal(estimate, rate)
    )
    matched = estimate[0].astype(np.float64) * 10 ** (gain_db / 20)
    return power(matched, rate), power(reference[0].astype(np.float64), rate)


def correlations(x: Values, y: Values) -> tuple[float, float]:
    """(over all cells, mean over bands) by numpy."""
    per_band = [np.corrcoef(x[:, band], y[:, band])[0, 1] for band in range(x.shape[1])]
    return float(np.corrcoef(x.ravel(), y.ravel())[0, 1]), float(np.mean(per_band))


def test_all_equal_numpys_corrcoef(speechlike: Maker, noise: Noise) -> None:
    rate = 16000
    reference = speechlike(rate, 1.5, 1)
    estimate = reference + 0.2 * noise(1, reference.shape[1], 2)
    powers = spectrograms(estimate, reference, rate)
    value = {
        name: metric(name)(estimate=estimate, reference=reference, rate=rate)
        for name in (
            "pcc_logstft_global",
            "pcc_logstft_band_mean",
            "pcc_logmel64",
            "pcc_logmel64_band_mean",
            "pcc_logmel64_lagged",
        )
    }
    assert value["pcc_logmel64_lagged"] >= value["pcc_logmel64"]
    per_bin = correlations(*floored_db(*powers))
    per_band = correlations(*floored_db(*(mel_power(side, rate) for side in powers)))
    assert (value["pcc_logstft_global"], value["pcc_logstft_band_mean"]) == pytest.approx(
        per_bin, abs=1e-4
    )
    assert (value["pcc_logmel64"], value["pcc_logmel64_band_mean"]) == pytest.approx(
        per_band, abs=1e-4
    )


@pytest.mark.parametrize("shift_ms", [-80, 30])
def test_the_lag_search_undoes_a_shift(shift_ms: int, speechlike: Maker) -> None:
    clip = speechlike(16000, 2.0, 3)
    frames = shift_ms * 16
    both = {
        "estimate": np.roll(clip, frames, axis=1)[:, 2000:-2000],
        "reference": clip[:, 2000:-2000],
    }
    assert metric("pcc_logmel64_lagged")(**both, rate=16000) > 0.999
    assert metric("pcc_logmel64")(**both, rate=16000) < 0.97


def test_bands_that_only_the_estimate_lacks_count_as_no_correlation(noise: Noise) -> None:
    reference = noise(1, 32000, 3)
    taps = scipy.signal.firwin(801, 3500, fs=16000, window=("kaiser", 12.0))
    estimate = np.convolve(reference[0], taps, "same").astype(np.float32)
    value = metric("pcc_logstft_band_mean")(estimate=estimate, reference=reference, rate=16000)
    assert value < 0.55  # 3.5 of 8 kHz are left


def test_unrelated_noise_correlates_little_per_band(noise: Noise) -> None:
    both = {"estimate": noise(1, 64000, 4), "reference": noise(1, 64000, 5)}
    for name in ("pcc_logstft_band_mean", "pcc_logmel64_band_mean"):
        assert abs(metric(name)(**both, rate=16000)) < 0.05
