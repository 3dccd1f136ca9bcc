"""The mixing effects do what their settings say; figures from the sources that each test names."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.signal
from hypothesis import given, settings
from hypothesis import strategies as st

from earwitness.evaluation.systems.mix import chain, compressor, draws, equaliser, reverb, tempo
from earwitness.evaluation.systems.mix.level import relative_loudness_lu, set_relative_loudness
from earwitness.stimuli.audio import Samples, Signal
from earwitness.stimuli.errors import ModelError
from earwitness.stimuli.level import loudness_range_lu

RATE = 44_100


def noise(seconds: float = 3.0, seed: int = 0, channels: int = 2) -> Samples:
    draw = np.random.default_rng(seed)
    return (0.1 * draw.standard_normal((channels, round(seconds * RATE)))).astype(np.float32)


def sine(hz: float, dbfs: float, seconds: float = 4.0) -> Samples:
    time_s = np.arange(round(seconds * RATE)) / RATE
    return (10.0 ** (dbfs / 20.0) * np.sin(2.0 * np.pi * hz * time_s))[None].astype(np.float32)


@pytest.mark.parametrize("target_lu", [-2.56, 0.0, 6.0])
def test_relative_loudness_measured_again_is_what_was_set(target_lu: float) -> None:
    lead, backing = noise(seed=1), noise(seed=2) * np.float32(0.3)
    lead = set_relative_loudness(lead, backing, RATE, target_lu)
    assert relative_loudness_lu(lead, backing, RATE) == pytest.approx(target_lu, abs=1e-5)


def test_a_silent_lead_is_refused_not_amplified() -> None:
    with pytest.raises(ModelError, match="lead is silent"):
        set_relative_loudness(np.zeros((2, RATE), np.float32), noise(), RATE, 0.0)


def test_white_noise_is_equally_strong_in_all_octave_bands() -> None:
    levels = equaliser.band_levels_db(noise(10.0, channels=1)[0].astype(np.float64), RATE)
    # The lowest octaves hold few independent samples.
    assert np.ptp(levels[3:]) < 0.7
    assert np.ptp(levels) < 1.5


def test_octave_filters_pass_their_own_band() -> None:
    # A filter designed for physical Hz and for half the rate at once loses 180 dB here.
    at_centre = equaliser.band_levels_db(sine(1_000.0, -20.0)[0].astype(np.float64), RATE)
    bandwidth_hz = 1_000.0 * (np.sqrt(2.0) - 1.0 / np.sqrt(2.0))
    assert at_centre[4] + 10.0 * np.log10(bandwidth_hz) == pytest.approx(-23.01, abs=0.1)


def test_a_peak_filter_of_6_db_and_q_1_has_the_cookbooks_response() -> None:
    # Audio EQ Cookbook: +6.000 dB at 1 kHz, +1.88 and +1.86 dB an octave away at 44.1 kHz.
    section = equaliser.peak_filter(1_000.0, 6.0, RATE)
    _, response = scipy.signal.freqz(section[:3], section[3:], [500.0, 1_000.0, 2_000.0], fs=RATE)
    np.testing.assert_allclose(20.0 * np.log10(np.abs(response)), [1.88, 6.0, 1.86], atol=0.005)


def test_equal_spectra_need_no_equaliser() -> None:
    assert equaliser.masking_gains_db(noise(seed=3), noise(seed=3), RATE) == {}


BANDS = st.lists(st.floats(-80.0, 0.0), min_size=9, max_size=9, unique=True)


@settings(deadline=None)
@given(lead=BANDS, backing=BANDS)
def test_the_masking_rule_is_the_rule_in_words(lead: list[float], backing: list[float]) -> None:
    gains = equaliser.masking_rule(np.array(lead), np.array(backing))
    mean = float(np.mean(np.subtract(backing, lead)))
    allowed = {}
    for band, centre_hz in enumerate(equaliser.BAND_CENTRES_HZ):
        difference = backing[band] - lead[band] - mean
        in_backing = sum(other > backing[band] for other in backing) < 2
        in_lead = sum(other > lead[band] for other in lead) < 6
        if (in_backing and not in_lead and difference < 0) or (
            in_lead and not in_backing and difference > 0
        ):
            allowed[centre_hz] = max(-8.0, min(8.0, difference))
    assert len(gains) == min(4, len(allowed))
    assert all(gains[hz] == pytest.approx(allowed[hz], abs=1e-9) for hz in gains)
    left_out = [abs(gain) for hz, gain in allowed.items() if hz not in gains]
    assert max(left_out, default=0.0) <= min((abs(g) for g in gains.values()), default=8.0) + 1e-9


@pytest.mark.parametrize(
    ("attack_ms", "release_ms", "expected_dbfs"), [(1.0, 1000.0, -17.46), (30.0, 150.0, -16.22)]
)
def test_compressor_settles_where_threshold_and_ratio_say(
    attack_ms: float, release_ms: float, expected_dbfs: float
) -> None:
    # pedalboard 0.9: −20 + 10 / 4 = −17.5 dBFS, and the ripple of its detector on a 1 kHz sine.
    settings_ = compressor.Compressor(-20.0, 4.0, attack_ms, release_ms)
    out = compressor.compress(sine(1_000.0, -10.0), RATE, settings_)
    peak_dbfs = 20.0 * np.log10(np.abs(out[0, -RATE:]).max())
    assert peak_dbfs == pytest.approx(expected_dbfs, abs=0.01)


def test_compression_goes_on_until_the_loudness_range_is_small_enough() -> None:
    loud_and_soft = noise(12.0) * np.repeat([1.0, 0.12, 0.5, 0.13], 3 * RATE).astype(np.float32)
    before = loudness_range_lu(Signal(loud_and_soft, RATE), 0.1)
    processed, steps = compressor.compress_to_range(loud_and_soft, RATE)
    assert before > 15.0
    assert steps
    assert loudness_range_lu(Signal(processed, RATE), 0.1) < before
    assert [s.compressor.threshold_db for s in steps] == sorted(
        (s.compressor.threshold_db for s in steps), reverse=True
    )


@pytest.mark.parametrize(
    "samples", [np.zeros((1, RATE), np.float32), np.eye(1, RATE, 9, np.float32), sine(440.0, -6.0)]
)
def test_what_has_no_range_to_reduce_is_returned_as_it_came(samples: Samples) -> None:
    processed, steps = compressor.compress_to_range(samples, RATE)
    assert steps == []
    np.testing.assert_array_equal(processed, samples)


@pytest.mark.parametrize(
    ("tempo_bpm", "rt60_s"),
    [
        (60, 3.111),
        (80, 2.667),
        (100, 2.222),
        (120, 1.778),
        (140, 1.333),
        (160, 0.889),
        (180, 0.444),
    ],
)
def test_reverberation_time_follows_the_tempo(tempo_bpm: float, rt60_s: float) -> None:
    assert reverb.rt60_of_tempo_s(tempo_bpm) == pytest.approx(rt60_s, abs=5e-4)
    assert reverb.rt60_of_tempo_s(240.0) == 0.0


@pytest.mark.parametrize("rt60_s", [0.4, 1.0, 3.0])
def test_the_tail_of_the_reverb_decays_in_its_time(rt60_s: float) -> None:
    # ISO 3382-1: T30 from Schroeder's integral.
    response = reverb.impulse_response(reverb.Reverb(rt60_s), RATE, 1)[0]
    assert reverb.decay_time_s(response, RATE) == pytest.approx(rt60_s, rel=0.05)


def test_a_dry_reverb_changes_nothing() -> None:
    np.testing.assert_array_equal(
        reverb.reverberate(noise(), RATE, reverb.Reverb(2.0, dry_wet=0.0)), noise()
    )


@pytest.mark.parametrize("bpm", [60.0, 90.0, 120.0, 140.0, 180.0])
def test_clicks_have_their_tempo_or_its_octave(bpm: float) -> None:
    clicks = np.zeros((1, 12 * RATE), np.float32)
    for number in range(int(12 * bpm / 60)):
        clicks[0, int(number * 60.0 / bpm * RATE) :][:40] = 1.0
    found = tempo.estimate_tempo(clicks, RATE)
    assert min(abs(t - bpm) for t in (found.bpm, *found.alternatives_bpm)) < 0.01 * bpm
    assert found.confidence > 0.5


def test_silence_has_a_tempo_without_confidence() -> None:
    assert tempo.estimate_tempo(np.zeros((2, RATE), np.float32), RATE).confidence == 0.0


def test_random_settings_are_uniform_and_can_be_drawn_again() -> None:
    drawn = [draws.random_settings(f"song-{n}", 1) for n in range(1000)]
    levels = np.array([one.relative_loudness_lu for one in drawn])
    assert abs(levels.mean()) < 0.5
    assert np.abs(levels).max() <= 8.0
    deciles = np.histogram(levels, 10, (-8.0, 8.0))[0]
    assert deciles.min() > 60
    assert all(len(one.gains_db) == 4 for one in drawn)
    assert draws.random_settings("song-7", 1) == drawn[7]
    assert draws.random_settings("song-7", 2) != drawn[7]


def test_the_chain_without_effects_only_sets_the_level() -> None:
    lead, backing = noise(seed=4), noise(seed=5)
    out = chain.process(lead, backing, RATE, chain.Settings(-2.0))
    np.testing.assert_allclose(
        out, set_relative_loudness(lead, backing, RATE, -2.0), rtol=1e-4, atol=1e-7
    )
