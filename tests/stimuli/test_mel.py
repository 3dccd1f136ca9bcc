"""Mel features: shape, scale and inverse of the transform."""

from __future__ import annotations

import numpy as np
import pytest

from earwitness.stimuli.audio import Signal
from earwitness.stimuli.errors import DataError
from earwitness.stimuli.mel import HOP, MEL_RATE, log_mel, mel_filterbank, spectrum, waveform


def sine(frequency_hz: float, frames: int = 80 * HOP) -> np.ndarray:
    time_s = np.arange(frames) / MEL_RATE
    return np.sin(2 * np.pi * frequency_hz * time_s).astype(np.float32)


def test_a_full_scale_sine_has_magnitude_one_half_in_its_bin() -> None:
    transform = np.abs(spectrum(sine(1000.0)))
    assert transform.shape == (513, 81)
    assert transform[64, 40] == pytest.approx(0.5, abs=1e-3)


@pytest.mark.parametrize("frequency_hz", [200.0, 1000.0, 3000.0, 7000.0])
def test_a_sine_is_loudest_in_the_band_of_its_frequency(frequency_hz: float) -> None:
    values = log_mel(Signal(sine(frequency_hz)[None], MEL_RATE)).values
    mel = 2595 * np.log10(1 + frequency_hz / 700)
    top = 2595 * np.log10(1 + 8000 / 700)
    assert abs(int(values[40].argmax()) - (mel / top * 81 - 1)) <= 1


def test_silence_is_the_floor_and_frames_are_centred() -> None:
    samples = np.zeros((1, 10 * HOP), np.float32)
    samples[0, 5 * HOP] = 1.0
    mel = log_mel(Signal(samples, MEL_RATE))
    assert (mel.values.shape, mel.rate) == ((11, 80), 80.0)
    assert int(mel.values.sum(axis=1).argmax()) == 5
    assert mel.values[0].max() == pytest.approx(np.log(1e-5))


def test_the_transform_comes_back() -> None:
    samples = np.random.default_rng(0).normal(0, 0.1, 37 * HOP).astype(np.float32)
    np.testing.assert_allclose(waveform(spectrum(samples)), samples, atol=1e-6)


def test_every_band_holds_a_bin_and_no_band_is_above_one() -> None:
    bank = mel_filterbank()
    assert bank.shape == (80, 513)
    assert bank.max(axis=1).min() > 0.5
    assert bank.max() <= 1.0
    assert bank.min() == 0.0


@pytest.mark.parametrize(
    ("shape", "rate"), [((2, 400), 16_000), ((1, 400), 8_000), ((1, 401), 16_000)]
)
def test_other_audio_is_refused(shape: tuple[int, int], rate: int) -> None:
    with pytest.raises(DataError, match="mono at 16000 Hz and whole hops"):
        log_mel(Signal(np.zeros(shape, np.float32), rate))
