"""True peak against EBU Tech 3341 and against interpolating every sample."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest
import scipy.signal
import torch

from earwitness.evaluation.metrics import metric
from earwitness.evaluation.metrics.true_peak import sample_peaks, true_peaks
from earwitness.stimuli.audio import Signal
from earwitness.stimuli.level import true_peak_dbtp

Samples = npt.NDArray[np.float64]
Noise = Callable[[int, int, int], npt.NDArray[np.float32]]
both_rates = pytest.mark.parametrize("rate", [44100, 48000])


def dbtp(samples: npt.NDArray[np.floating]) -> float:
    return 20 * np.log10(true_peaks(torch.from_numpy(np.atleast_2d(samples))[None]).item())


# EBU Tech 3341 (2016), cases 15–19: fraction of the rate, amplitude, phase in degrees, dBTP.
TECH_3341 = {
    15: (4, 0.50, 0.0, -6.0),
    16: (4, 0.50, 45.0, -6.0),
    17: (6, 0.50, 60.0, -6.0),
    18: (8, 0.50, 67.5, -6.0),
    19: (4, 1.41, 45.0, 3.0),
}


@both_rates
@pytest.mark.parametrize("case", TECH_3341)
def test_ebu_tech_3341_cases_15_to_19(case: int, rate: int) -> None:
    fraction, amplitude, degrees, expected = TECH_3341[case]
    frames = np.arange(rate)
    fade = np.clip(np.minimum(frames, frames[::-1]) / (0.01 * rate), 0.0, 1.0)
    samples = amplitude * fade * np.sin(2 * np.pi * frames / fraction + np.deg2rad(degrees))
    assert expected - 0.4 <= dbtp(samples) <= expected + 0.2


@pytest.mark.parametrize("offset", range(4))
def test_ebu_tech_3341_cases_20_to_23(offset: int) -> None:
    """A tone of a sixth of the rate with one period of a quarter of the rate at full scale."""
    steps = np.full(24 * 400, 1 / 24)
    amplitude = np.full(len(steps), 0.5)
    burst = slice(24 * 200, 24 * 200 + 16)
    steps[burst], amplitude[burst] = 1 / 16, 1.0
    phase = np.concatenate([[0.0], np.cumsum(steps)[:-1]])
    fade = np.clip(np.minimum(np.arange(len(steps)), np.arange(len(steps))[::-1]) / 1920, 0, 1)
    fourfold = fade * amplitude * np.sin(2 * np.pi * phase)
    low_pass = scipy.signal.firwin(2001, 0.25 * 0.98)
    samples = scipy.signal.fftconvolve(fourfold, low_pass, "same")[offset::4]
    assert -0.4 <= dbtp(samples) <= 0.2


def every_value(samples: Samples) -> float:
    """The largest of all interpolated values, by zero stuffing and the whole filter."""
    positions = np.arange(-24, 25)
    taps = np.sinc(positions / 4) * np.hanning(49)
    stuffed = np.zeros((len(samples), 4 * samples.shape[1]))
    stuffed[:, ::4] = samples
    return max(np.abs(np.convolve(row, taps, "same")).max() for row in stuffed)


@pytest.mark.parametrize("shape", ["steady", "swelling", "one click", "clipped"])
@pytest.mark.parametrize("frames", [1, 7, 33, 1000, 5000])
def test_leaving_out_quiet_stretches_changes_nothing(shape: str, frames: int, noise: Noise) -> None:
    samples = noise(2, frames, 3).astype(np.float64)
    if shape == "swelling":
        samples *= np.linspace(0.0, 1.0, frames) ** 2
    elif shape == "one click":
        samples[1, frames // 2] = 0.5
    elif shape == "clipped":
        samples = np.clip(20 * samples, -1, 1)
    expected = every_value(samples)
    assert true_peaks(torch.from_numpy(samples)[None]).item() == pytest.approx(expected, rel=1e-12)


def test_clips_of_a_batch_do_not_change_each_other(noise: Noise) -> None:
    clips = torch.from_numpy(np.stack([noise(2, 3000, 4), 5 * noise(2, 3000, 5)]))
    clips[0, :, 2000:] = 0.0
    alone = torch.cat([true_peaks(clips[:1, :, :2000]), true_peaks(clips[1:])])
    assert true_peaks(clips).tolist() == pytest.approx(alone.tolist(), rel=1e-6)
    assert sample_peaks(clips).tolist() == clips.abs().amax((1, 2)).tolist()


def test_it_agrees_with_the_meter_that_levels_stimuli(noise: Noise) -> None:
    low_passed = scipy.signal.lfilter(*scipy.signal.butter(4, 0.4), noise(2, 44100, 6))
    expected = true_peak_dbtp(Signal(low_passed.astype(np.float32), 44100))
    assert dbtp(low_passed) == pytest.approx(expected, abs=0.05)


def test_the_error_of_a_gain_is_the_gain(noise: Noise) -> None:
    reference = noise(2, 44100, 7)
    for metric_id, expected in (("true_peak_error_db", 6.0), ("true_peak_difference_db", -6.0)):
        estimate = reference * np.float32(10 ** (-6 / 20))
        value = metric(metric_id)(estimate=estimate, reference=reference, rate=44100)
        assert value == pytest.approx(expected, abs=1e-5)
