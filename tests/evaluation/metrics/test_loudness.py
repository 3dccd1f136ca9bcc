"""BS.1770 loudness against EBU Tech 3341, pyloudnorm's exact filter and our own numpy meter."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pyloudnorm
import pytest
import scipy.signal
import torch

from earwitness.evaluation.metrics import metric
from earwitness.evaluation.metrics.loudness import hop_powers, k_coefficients, k_weighted_steps
from earwitness.evaluation.metrics.meter import integrated_loudness_lufs
from earwitness.stimuli import level
from earwitness.stimuli.audio import Signal

Samples = npt.NDArray[np.float64]
Noise = Callable[[int, int, int], npt.NDArray[np.float32]]

# EBU Tech 3341 (2016), table 1, cases 1–5: (seconds, peak dBFS of a stereo 1 kHz sine) in turn.
TECH_3341 = {
    1: (((20.0, -23.0),), -23.0),
    2: (((20.0, -33.0),), -33.0),
    3: (((10.0, -36.0), (60.0, -23.0), (10.0, -36.0)), -23.0),
    4: (((10.0, -72.0), (10.0, -36.0), (60.0, -23.0), (10.0, -36.0), (10.0, -72.0)), -23.0),
    5: (((20.0, -26.0), (20.1, -20.0), (20.0, -26.0)), -23.0),
}


def sine(rate: int, parts: tuple[tuple[float, float], ...], hz: float = 1000.0) -> Samples:
    amplitude = np.concatenate(
        [np.full(round(seconds * rate), 10.0 ** (dbfs / 20.0)) for seconds, dbfs in parts]
    )
    return amplitude * np.sin(2 * np.pi * hz * np.arange(len(amplitude)) / rate)


def lufs(samples: Samples | npt.NDArray[np.float32], rate: int) -> float:
    batch = torch.from_numpy(np.atleast_2d(samples))[None]
    hops = hop_powers(batch, torch.tensor([batch.shape[-1]]), rate)
    return integrated_loudness_lufs(hops).item()


@pytest.mark.parametrize("rate", [44100, 48000])
@pytest.mark.parametrize("case", TECH_3341)
def test_ebu_tech_3341_cases_1_to_5(case: int, rate: int) -> None:
    parts, expected = TECH_3341[case]
    tone = sine(rate, parts)
    assert lufs(np.stack([tone, tone]), rate) == pytest.approx(expected, abs=0.1)


@pytest.mark.parametrize("rate", [44100, 48000])
def test_ebu_tech_3341_case_6_weights_the_surround_channels(rate: int) -> None:
    channels = [sine(rate, ((20.0, dbfs),)) for dbfs in (-28.0, -28.0, -24.0, -30.0, -30.0)]
    assert lufs(np.stack(channels), rate) == pytest.approx(-23.0, abs=0.1)
    with_lfe = np.stack([*channels[:3], np.ones_like(channels[0]), *channels[3:]])
    assert lufs(with_lfe, rate) == pytest.approx(lufs(np.stack(channels), rate), abs=1e-9)


@pytest.mark.parametrize(("rate", "expected"), [(48000, -3.0103), (44100, -3.0075)])
def test_a_full_scale_997_hz_tone_reads_minus_3_01(rate: int, expected: float) -> None:
    # BS.1770-5 Annex 1: −3.01 LKFS; the four digits are libebur128 1.2.6's.
    assert lufs(sine(rate, ((5.0, 0.0),), 997.0), rate) == pytest.approx(expected, abs=2e-4)


def test_the_48_khz_coefficients_are_those_of_the_standard() -> None:
    # BS.1770-5, Annex 1, tables 1 and 2.
    (shelf_b, shelf_a), (pass_b, pass_a) = k_coefficients(48_000)
    assert shelf_b == pytest.approx([1.53512485958697, -2.69169618940638, 1.19839281085285])
    assert shelf_a == pytest.approx([1.0, -1.69065929318241, 0.73248077421585])
    assert pass_b == [1.0, -2.0, 1.0]
    assert pass_a == pytest.approx([1.0, -1.99004745483398, 0.99007225036621])


@pytest.mark.parametrize("rate", [32000, 44100, 96000, 192000])
def test_the_fft_filter_equals_the_recursive_cascade(rate: int, noise: Noise) -> None:
    bassy = np.cumsum(noise(1, rate, 3).astype(np.float64), axis=-1)
    expected = bassy
    for b, a in k_coefficients(rate):
        expected = scipy.signal.lfilter(b, a, expected)
    steps = list(k_weighted_steps(torch.from_numpy(bassy)[None], rate, rate // 10))
    filtered = torch.cat(steps, 2)[0].flatten(1).numpy()[:, :rate]
    assert np.abs(filtered - expected).max() <= 1e-6 * np.abs(expected).max()


@pytest.mark.parametrize("rate", [32000, 44100, 48000, 96000])
@pytest.mark.parametrize("channels", [1, 2, 5])
def test_it_equals_pyloudnorms_exact_filter(rate: int, channels: int, noise: Noise) -> None:
    # pyloudnorm 0.2.0 gates a partial last block, so the length is a multiple of 100 ms.
    samples = noise(channels, 3 * rate, 4) * np.linspace(0.001, 1.0, 3 * rate, dtype=np.float32)
    meter = pyloudnorm.Meter(rate, filter_class="DeMan")
    expected = meter.integrated_loudness(samples.T.astype(np.float64))
    assert lufs(samples, rate) == pytest.approx(expected, abs=2e-6)


@pytest.mark.parametrize("rate", [32000, 44100, 48000])
def test_it_equals_the_meter_that_levels_stimuli(rate: int, noise: Noise) -> None:
    samples = noise(2, 2 * rate + 77, 5)
    expected = level.integrated_loudness_lufs(Signal(samples, rate))
    assert lufs(samples, rate) == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize("rate", [8000, 16000, 22050, 24000])
def test_low_rates_are_weighted_by_the_48_khz_tables(rate: int, noise: Noise) -> None:
    samples = noise(1, 4 * rate, 5)[0].astype(np.float64)
    power = np.abs(np.fft.rfft(samples)) ** 2
    bins_hz = np.fft.rfftfreq(len(samples), 1 / rate)
    for b, a in k_coefficients(48_000):
        power = power * np.abs(scipy.signal.freqz(b, a, worN=bins_hz, fs=48_000)[1]) ** 2
    mean_square = (2 * power.sum() - power[0] - power[-1]) / len(samples) ** 2
    assert lufs(samples, rate) == pytest.approx(-0.691 + 10 * np.log10(mean_square), abs=0.01)


def test_a_partial_last_block_does_not_count() -> None:
    quiet, burst = sine(48000, ((2.0, -40.0),)), sine(48000, ((0.06, -6.0),))
    assert lufs(np.concatenate([quiet, burst]), 48000) == pytest.approx(lufs(quiet, 48000), abs=0.1)


def test_silence_and_less_than_a_block_are_minus_infinity() -> None:
    assert lufs(np.zeros(48000), 48000) == -np.inf
    assert lufs(sine(48000, ((0.399, -20.0),)), 48000) == -np.inf


def test_the_error_of_a_gain_is_the_gain(noise: Noise) -> None:
    reference = noise(2, 96000, 6)
    value = metric("loudness_error_lu")(
        estimate=reference * np.float32(0.5), reference=reference, rate=48000
    )
    assert value == pytest.approx(20 * np.log10(2.0), abs=1e-6)


def test_the_relative_loudness_error_is_the_change_between_the_stems(noise: Noise) -> None:
    reference = {"lead": noise(2, 96000, 7), "backing": noise(2, 96000, 8)}
    gains = {"lead": 10 ** (12 / 20) * 0.3, "backing": 0.3}
    estimate = {name: reference[name] * np.float32(gain) for name, gain in gains.items()}
    relative = metric("relative_loudness_error_lu")
    assert relative(estimate=estimate, reference=reference, rate=48000) == pytest.approx(
        12, abs=1e-5
    )
    assert relative(estimate=reference, reference=reference, rate=48000) == 0.0
