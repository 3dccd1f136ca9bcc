"""Band distances, cepstra, timbral features and the weighted SNR: closed forms and numpy."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest
import scipy.signal

from earwitness.evaluation.metrics import metric
from earwitness.evaluation.metrics.spectra import BARK, ERB, MEL64, Scale
from earwitness.stimuli.audio import Signal
from earwitness.stimuli.level import integrated_loudness_lufs

Samples = npt.NDArray[np.float32]
Values = npt.NDArray[np.float64]
Maker = Callable[[int, float, int], Samples]
Noise = Callable[[int, int, int], Samples]


@pytest.mark.parametrize(
    ("scale", "centres_hz"),
    # The scales' own formulas, solved by hand for the middle of both edges: mel and ERB give
    # √((a + c)(b + c)) − c with c = 700 and 228.83 Hz.
    [(MEL64, 1854.4), (BARK, 1645.0), (ERB, 1898.4)],
)
def test_the_bands_end_at_the_stated_edges(scale: Scale, centres_hz: float) -> None:
    edges = scale.edges_hz()
    assert len(edges) == scale.bands + 2
    assert (edges[0], edges[-1]) == pytest.approx((scale.low_hz, scale.high_hz), rel=1e-9)
    assert np.interp(0.5, np.linspace(0, 1, len(edges)), edges) == pytest.approx(
        centres_hz, rel=5e-3
    )


@pytest.mark.parametrize("rate", [8000, 11025, 16000, 22050, 44100, 48000, 96000, 192000])
@pytest.mark.parametrize("scale", [MEL64, BARK, ERB])
def test_no_band_is_empty_at_any_rate(scale: Scale, rate: int) -> None:
    bank = scale.bank(rate)
    assert (bank.sum(1) > 0).all()
    assert bank.max() <= 1.0
    assert len(bank) == scale.bands or rate < 2 * scale.high_hz


def filtered(clip: Samples, rate: int, cutoff_hz: float, kind: str = "lowpass") -> Samples:
    sos = scipy.signal.butter(4, cutoff_hz, kind, fs=rate, output="sos")
    return np.asarray(scipy.signal.sosfilt(sos, clip), dtype=np.float32)


@pytest.mark.parametrize(
    ("name", "scale"),
    [("mel_distance_db", MEL64), ("bark_distance_db", BARK), ("erb_distance_db", ERB)],
)
def test_a_distance_is_the_mean_difference_of_numpys_levels(
    name: str, scale: Scale, noise: Noise
) -> None:
    reference = noise(1, 32000, 1)
    estimate = filtered(reference, 32000, 6000)
    gain_db = integrated_loudness_lufs(Signal(reference, 32000)) - integrated_loudness_lufs(
        Signal(estimate, 32000)
    )
    window = scipy.signal.get_window("hann", 1280)
    powers = []
    for side, gain in ((estimate, 10 ** (gain_db / 20)), (reference, 1.0)):
        starts = range(0, 32000 - 1279, 320)
        frames = np.stack([gain * side[0, s : s + 1280].astype(float) * window for s in starts])
        powers.append(np.abs(np.fft.rfft(frames)) ** 2 @ scale.bank(32000).T)
    floor = powers[1].max() * 1e-8
    x, y = (10 * np.log10(np.maximum(power, floor)) for power in powers)
    value = metric(name)(estimate=estimate, reference=reference, rate=32000)
    assert value == pytest.approx(np.abs(x - y).mean(), abs=2e-3)


def test_mfcc_cosine_forgives_a_3_db_shelf_more_than_noise(speechlike: Maker, noise: Noise) -> None:
    clip = speechlike(16000, 2.0, 2)
    shelf = clip + np.float32(10 ** (3 / 20) - 1) * filtered(clip, 16000, 2000, "highpass")
    value = [
        metric("mfcc_cosine")(estimate=one.astype(np.float32), reference=clip, rate=16000)
        for one in (clip, shelf, clip + noise(1, 32000, 3))
    ]
    assert value[0] == pytest.approx(1.0, abs=1e-9)
    assert value[0] > value[1] > value[2]


def test_brightness_of_a_tone_is_its_place_on_the_scale() -> None:
    times = np.arange(32000) / 32000
    low, high = (0.1 * np.sin(2 * np.pi * hz * times)[None] for hz in (1000.0, 4000.0))
    value = metric("brightness_error_erb")(estimate=high, reference=low, rate=32000)
    expected = 21.4 * np.log10((1 + 0.00437 * 4000) / (1 + 0.00437 * 1000))
    assert value == pytest.approx(expected, abs=0.15)


def test_brightness_and_depth_follow_the_filters_and_not_the_gain(noise: Noise) -> None:
    clip = noise(1, 44100, 4)
    dull = [
        metric("brightness_error_erb")(
            estimate=filtered(clip, 44100, hz), reference=clip, rate=44100
        )
        for hz in (8000, 4000, 2000, 1000, 500)
    ]
    assert dull == sorted(dull)
    low = filtered(clip, 44100, 150)
    deep = [
        metric("depth_error_db")(
            estimate=clip + np.float32(10 ** (db / 20) - 1) * low, reference=clip, rate=44100
        )
        for db in (0, 3, 6, 9)
    ]
    assert deep == sorted(deep)
    for name in ("brightness_error_erb", "depth_error_db"):
        value = metric(name)(estimate=np.float32(0.1) * clip, reference=clip, rate=44100)
        assert value == pytest.approx(0.0, abs=1e-5)


def test_depth_is_the_share_of_power_in_decibels() -> None:
    times = np.arange(44100) / 44100
    deep, mid = (0.1 * np.sin(2 * np.pi * hz * times)[None] for hz in (100.0, 1000.0))
    value = metric("depth_error_db")(estimate=0.5 * deep + mid, reference=deep + mid, rate=44100)
    assert value == pytest.approx(10 * np.log10(0.5) - 10 * np.log10(0.2), abs=0.01)


@pytest.mark.parametrize("level_db", [-25.0, -10.0])
def test_the_weighted_snr_is_the_loudness_of_the_error(level_db: float, noise: Noise) -> None:
    reference = noise(1, 96000, 5)
    error = np.float32(10 ** (level_db / 20)) * filtered(noise(1, 96000, 6), 48000, 3000)
    both = (Signal(reference, 48000), Signal((reference + error).astype(np.float32), 48000))
    gain = 10 ** ((integrated_loudness_lufs(both[0]) - integrated_loudness_lufs(both[1])) / 20)
    difference = Signal((gain * both[1].samples - reference).astype(np.float32), 48000)
    expected = integrated_loudness_lufs(both[0]) - integrated_loudness_lufs(difference)
    value = metric("weighted_snr_db")(estimate=both[1].samples, reference=reference, rate=48000)
    assert value == pytest.approx(expected, abs=0.1)  # steady noise: the gates remove nothing
