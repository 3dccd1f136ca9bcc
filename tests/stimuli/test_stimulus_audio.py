"""The signal steps of `prepare`: degradations, excerpts, gains, 16-bit files, the level noise."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import scipy.signal
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from earwitness.stimuli.audio import Signal
from earwitness.stimuli.degrade import clipped, lowpass_1000
from earwitness.stimuli.errors import StimulusError
from earwitness.stimuli.excerpt import cut_excerpt
from earwitness.stimuli.level import integrated_loudness_lufs, true_peak_dbtp
from earwitness.stimuli.level_noise import level_noise
from earwitness.stimuli.page_audio import StimulusFile, assert_safe, page_files
from earwitness.stimuli.pcm import as_signal, quantise, wav_bytes
from earwitness.stimuli.stimulus_page import StimulusPage, Version
from earwitness.stimuli.study import Presentation

RATES = (8_000, 16_000, 22_050, 44_100, 48_000, 96_000)


@pytest.mark.parametrize("rate", RATES)
def test_the_lowpass_passes_below_900_hz_stops_above_1100_hz_and_does_not_delay(rate: int) -> None:
    impulse = np.zeros((2, rate), np.float32)
    impulse[:, rate // 2] = 1.0
    response = lowpass_1000(Signal(impulse, rate)).samples[0]
    assert int(np.argmax(np.abs(response))) == rate // 2
    np.testing.assert_allclose(response[rate // 2 + 1 :], response[1 : rate // 2][::-1], atol=1e-6)
    gain_db = 20 * np.log10(np.abs(np.fft.rfft(response)) + 1e-9)  # one bin a hertz
    assert np.abs(gain_db[20:900]).max() < 0.1
    assert gain_db[1100:].max() < -59.0


def test_clipping_is_hard_and_keeps_every_sample_in_its_place() -> None:
    noise = np.random.default_rng(1).normal(0, 0.1, (2, 48_000)).astype(np.float32)
    bad = clipped(Signal(noise, 48_000)).samples
    limit = float(np.abs(bad).max())
    assert limit == pytest.approx(0.05, rel=0.02)
    np.testing.assert_array_equal(bad, np.clip(noise, -limit, limit))


def test_fades_are_raised_cosines_at_both_ends() -> None:
    tone = np.tile([1.0, -1.0], 24_000)[None].astype(np.float32)
    faded = cut_excerpt(Signal(tone, 48_000), excerpt_s=0.5, fade_ms=10).samples[0]
    ramp = 0.5 - 0.5 * np.cos(np.pi * np.arange(480) / 480)
    assert faded.shape == (24_000,)
    np.testing.assert_allclose(np.abs(faded[:480]), ramp, atol=1e-6)
    np.testing.assert_allclose(np.abs(faded[-480:]), ramp[::-1], atol=1e-6)
    np.testing.assert_allclose(np.abs(faded[480:-480]), 1.0, atol=1e-6)


def test_no_fade_and_fades_longer_than_the_signal_are_possible() -> None:
    signal = Signal(np.tile([1.0, -1.0], 50)[None].astype(np.float32), 8_000)
    assert np.abs(cut_excerpt(signal, excerpt_s=None, fade_ms=0).samples).min() == 1.0
    assert cut_excerpt(signal, excerpt_s=None, fade_ms=1000).frames == 100


def test_dither_makes_the_quantisation_error_independent_of_the_signal() -> None:
    # A tone of half a step is lost or distorted without dither; with it, it is still there.
    tone = 0.5 / 32768 * np.sin(2 * np.pi * 1000 * np.arange(480_000) / 48_000)
    signal = Signal(tone[None].astype(np.float32), 48_000)
    heard = as_signal(quantise(signal, seed="s"), 48_000).samples[0]
    frequency, power = scipy.signal.periodogram(heard, 48_000)
    assert frequency[int(np.argmax(power))] == 1000.0
    error = heard * 32768 - tone * 32768
    assert error.mean() == pytest.approx(0.0, abs=0.01)
    assert error.var() == pytest.approx(1 / 12 + 2 / 12, rel=0.02)  # rounding and TPDF dither


def test_dither_is_the_same_for_a_seed_and_another_for_another() -> None:
    signal = Signal(np.zeros((1, 1000), np.float32), 48_000)
    first = quantise(signal, seed="a")
    np.testing.assert_array_equal(first, quantise(signal, seed="a"))
    assert (first != quantise(signal, seed="b")).any()
    assert (first == quantise(signal, seed="b")).mean() < 0.9


def test_nothing_is_clipped_silently() -> None:
    with pytest.raises(OverflowError):
        quantise(Signal(np.full((1, 10), 1.1, np.float32), 48_000), seed="s")


def test_a_wav_file_interleaves_channels_after_44_bytes() -> None:
    pcm = np.array([[1, 2, 3], [-1, -2, -3]], np.int16)
    content = wav_bytes(pcm, 48_000)
    assert len(content) == 44 + 12
    assert np.frombuffer(content[44:], "<i2").tolist() == [1, -1, 2, -2, 3, -3]


@settings(deadline=None, max_examples=40)
@given(
    gains_db=st.lists(st.floats(-35, 30), min_size=2, max_size=4),
    frames=st.integers(22_050, 60_000),
    rate=st.sampled_from([44_100, 48_000]),
    channels=st.integers(1, 2),
    loudness_lufs=st.floats(-40, -14),
    peaks=st.integers(0, 3),
    seed=st.integers(0, 2**31),
)
def test_any_page_is_equally_loud_equally_long_and_safe(
    gains_db: list[float],
    frames: int,
    rate: int,
    channels: int,
    loudness_lufs: float,
    peaks: int,
    seed: int,
) -> None:
    assume(frames >= 0.5 * rate)
    rng = np.random.default_rng(seed)
    excerpts = {}
    for number, gain_db in enumerate(gains_db):
        samples = rng.normal(0, 0.1, (channels, frames))
        samples[:, rng.integers(0, frames, peaks)] *= 8.0
        signal = Signal((samples * 10 ** (gain_db / 20)).astype(np.float32), rate)
        version = Version(f"system-{number}", "model", Path("x"))
        excerpts[version] = cut_excerpt(signal, excerpt_s=None, fade_ms=10)
    page = StimulusPage("item", "", tuple(excerpts))
    presentation = Presentation(loudness_lufs=loudness_lufs)
    files = page_files(page, excerpts, presentation, seed="study")
    heard = [
        Signal(
            np.frombuffer(file.content[44:], "<i2").reshape(-1, channels).T.astype(np.float32)
            / np.float32(32768),
            rate,
        )
        for file in files
    ]
    levels = [integrated_loudness_lufs(signal) for signal in heard]
    assert max(levels) - min(levels) <= 0.1
    assert max(levels) <= loudness_lufs + 0.1
    assert {signal.frames for signal in heard} == {frames}
    assert {len(file.content) for file in files} == {44 + 2 * channels * frames}
    assert {file.content[:44] for file in files} == {files[0].content[:44]}
    assert max(true_peak_dbtp(signal) for signal in heard) <= -1.0
    assert (files[0].lowered_db > 0.0) == (min(levels) < loudness_lufs - 0.05)


@pytest.mark.parametrize(("loudness_lufs", "peak_dbtp"), [(-23.2, -6.0), (-23.0, -0.9)])
def test_a_file_that_is_not_as_loud_or_as_safe_as_meant_is_refused(
    loudness_lufs: float, peak_dbtp: float
) -> None:
    version = Version("cnn", "model", Path("x"))
    file = StimulusFile(version, b"", "", 1, 0.0, 0.0, loudness_lufs, peak_dbtp)
    with pytest.raises(StimulusError, match=r"cnn/item: .* cannot be brought to -23\.00 LUFS"):
        assert_safe(file, StimulusPage("item", "", (version,)), Presentation(), -23.0)


@pytest.mark.parametrize("loudness_lufs", [-40.0, -23.0, -14.0])
@pytest.mark.parametrize(("rate", "channels"), [(16_000, 1), (44_100, 2)])
def test_the_level_noise_is_as_loud_as_the_study_and_seamless(
    rate: int, channels: int, loudness_lufs: float
) -> None:
    noise = level_noise(Presentation(loudness_lufs=loudness_lufs), rate=rate, channels=channels)
    assert integrated_loudness_lufs(noise) == pytest.approx(loudness_lufs, abs=0.1)
    assert true_peak_dbtp(noise) <= -1.0
    twice = np.tile(noise.samples[0], 2)
    around_the_seam = np.diff(twice[noise.frames - 2 : noise.frames + 2])
    assert np.abs(around_the_seam).max() < 4.5 * np.diff(noise.samples[0]).std()
