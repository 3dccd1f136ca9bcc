"""Levels against EBU Tech 3341 (v4, table 1), ITU-R BS.1770-5 and what files really contain."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from earwitness.stimuli.audio import Signal
from earwitness.stimuli.errors import DataError
from earwitness.stimuli.level import (
    gain,
    integrated_loudness_lufs,
    max_momentary_loudness_lufs,
    true_peak_dbtp,
)

RATES = (48_000, 44_100)


def tone(*parts: tuple[float, float], rate: int = 48_000, channels: int = 2) -> Signal:
    """1 kHz sine of constant phase: (level_dbfs, seconds) one after the other, −inf is silence."""
    levels = np.concatenate(
        [np.full(round(seconds * rate), 10.0 ** (level / 20.0)) for level, seconds in parts]
    )
    wave = levels * np.sin(2 * np.pi * 1000 * np.arange(len(levels)) / rate)
    return Signal(np.tile(wave, (channels, 1)).astype(np.float32), rate)


EBU_INTEGRATED = {
    1: [(-23, 20)],
    3: [(-36, 10), (-23, 60), (-36, 10)],
    4: [(-72, 10), (-36, 10), (-23, 60), (-36, 10), (-72, 10)],
    5: [(-26, 20), (-20, 20.1), (-26, 20)],
}


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("case", EBU_INTEGRATED)
def test_ebu_3341_integrated_cases_read_minus_23(case: int, rate: int) -> None:
    signal = tone(*EBU_INTEGRATED[case], rate=rate)
    assert integrated_loudness_lufs(signal) == pytest.approx(-23.0, abs=0.1)


@pytest.mark.parametrize("rate", RATES)
def test_ebu_3341_case_2_reads_minus_33_in_integrated_and_momentary(rate: int) -> None:
    signal = tone((-33, 20), rate=rate)
    assert integrated_loudness_lufs(signal) == pytest.approx(-33.0, abs=0.1)
    assert max_momentary_loudness_lufs(signal) == pytest.approx(-33.0, abs=0.1)


@pytest.mark.parametrize("step", range(0, 20, 3))
def test_ebu_3341_case_13_finds_400_ms_wherever_they_start(step: int) -> None:
    signal = tone((-math.inf, 0.02 * step), (-23, 0.4), (-math.inf, 1.0))
    assert max_momentary_loudness_lufs(signal) == pytest.approx(-23.0, abs=0.1)


def test_the_reference_tone_of_bs_1770_reads_minus_3_01() -> None:
    # 997 Hz at full scale in one front channel (BS.1770-5 Annex 1); libebur128 reads −3.0103.
    wave = np.sin(2 * np.pi * 997 * np.arange(48_000 * 10) / 48_000).astype(np.float32)
    assert integrated_loudness_lufs(Signal(wave[None], 48_000)) == pytest.approx(-3.01, abs=0.002)


# EBU Tech 3341 cases 15–19: divisor of the rate, amplitude, phase in degrees, expected dBTP.
EBU_TRUE_PEAK = {
    15: (4, 0.50, 0.0, -6.0),
    16: (4, 0.50, 45.0, -6.0),
    17: (6, 0.50, 60.0, -6.0),
    18: (8, 0.50, 67.5, -6.0),
    19: (4, 1.41, 45.0, 3.0),
}


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("case", EBU_TRUE_PEAK)
def test_ebu_3341_true_peak_cases(case: int, rate: int) -> None:
    divisor, amplitude, phase, expected = EBU_TRUE_PEAK[case]
    frames = np.arange(rate)
    wave = amplitude * np.sin(2 * np.pi * frames / divisor + np.radians(phase))
    # The test signals have fades of 10 ms: a hard start is a real overshoot.
    fade = np.minimum(1.0, np.minimum(frames, frames[::-1]) / (0.01 * rate))
    peak = true_peak_dbtp(Signal((wave * fade)[None].astype(np.float32), rate))
    assert expected - 0.4 <= peak <= expected + 0.2


@pytest.mark.parametrize("rate", [8_000, 16_000, 22_050, 24_000])
def test_low_rates_read_the_same_loudness_as_48_khz(rate: int) -> None:
    assert integrated_loudness_lufs(tone((-23, 3), rate=rate)) == pytest.approx(
        integrated_loudness_lufs(tone((-23, 3))), abs=0.02
    )


def test_silence_is_minus_infinity_everywhere() -> None:
    silence = Signal(np.zeros((2, 48_000), np.float32), 48_000)
    assert integrated_loudness_lufs(silence) == -math.inf
    assert max_momentary_loudness_lufs(silence) == -math.inf
    assert true_peak_dbtp(silence) == -math.inf


@pytest.mark.parametrize("frames", [0, 1, 19_199])
def test_under_400_ms_the_loudness_is_minus_infinity(frames: int) -> None:
    short = Signal(np.full((1, frames), 0.5, np.float32), 48_000)
    assert integrated_loudness_lufs(short) == -math.inf
    assert max_momentary_loudness_lufs(short) == -math.inf


def test_exactly_400_ms_are_measured() -> None:
    assert integrated_loudness_lufs(tone((-20, 0.4))) == pytest.approx(-20.0, abs=0.1)


def test_an_incomplete_last_block_does_not_count() -> None:
    # metrics.md §5.1: 2 s at −40 dBFS and a 60 ms burst at −6 dBFS must read −40, not −14.
    assert integrated_loudness_lufs(tone((-40, 2.0), (-6, 0.06))) == pytest.approx(-40.0, abs=0.1)
    assert integrated_loudness_lufs(tone((-20, 0.46))) == pytest.approx(-20.0, abs=0.1)


def test_surround_channels_weigh_1_41_as_in_ebu_3341_case_6() -> None:
    levels = 10 ** (np.array([-28, -28, -24, -30, -30]) / 20)
    wave = np.sin(2 * np.pi * 1000 * np.arange(48_000 * 20) / 48_000)
    signal = Signal((levels[:, None] * wave).astype(np.float32), 48_000)
    assert integrated_loudness_lufs(signal) == pytest.approx(-23.0, abs=0.1)


def test_what_cannot_be_measured_is_refused() -> None:
    with pytest.raises(DataError, match="NaN"):
        integrated_loudness_lufs(Signal(np.full((1, 48_000), np.nan, np.float32), 48_000))
    with pytest.raises(DataError, match="NaN"):
        true_peak_dbtp(Signal(np.full((1, 480), np.inf, np.float32), 48_000))
    with pytest.raises(DataError, match="1 to 5 channels, not 6"):
        integrated_loudness_lufs(Signal(np.ones((6, 48_000), np.float32), 48_000))


@settings(deadline=None, max_examples=25)
@given(db=st.floats(-30, 15), seed=st.integers(0, 999))
def test_a_gain_moves_every_level_by_itself(db: float, seed: int) -> None:
    noise = np.random.default_rng(seed).normal(0, 0.05, (2, 30_000)).astype(np.float32)
    signal = Signal(noise, 44_100)
    louder = gain(signal, db)
    for measure in (integrated_loudness_lufs, max_momentary_loudness_lufs, true_peak_dbtp):
        assert measure(louder) - measure(signal) == pytest.approx(db, abs=1e-3)
