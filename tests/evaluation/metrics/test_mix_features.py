"""Mix features in octaves and dB, and the stereo image, on signals whose error is known."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest

from earwitness.evaluation.metrics import Pair, metric, score_pairs
from earwitness.stimuli.audio import Signal

Samples = npt.NDArray[np.float32]
Noise = Callable[[int, int, int], Samples]
RATE = 44100


def error(name: str, estimate: Samples, reference: Samples) -> float:
    sides = [Signal(np.asarray(side, dtype=np.float32), RATE) for side in (estimate, reference)]
    pair = Pair(system="s", item="i", task="style", estimate=sides[0], reference=sides[1])
    [[one]] = score_pairs([pair], [metric(name)])
    assert one.value is not None, one.reason
    return one.value


def tones(*levels: tuple[float, float]) -> Samples:
    """Two seconds of sines (Hz, amplitude), the same in both channels, 1/8 of the rate at most."""
    times = np.arange(2 * RATE) / RATE
    mono = sum(amplitude * np.sin(2 * np.pi * hz * times) for hz, amplitude in levels)
    return np.stack([mono, mono]).astype(np.float32)


def test_an_octave_up_is_an_octave(noise: Noise) -> None:
    low, high = tones((1000.0, 0.5)), tones((2000.0, 0.5))
    for name in ("spectral_centroid_error_octaves", "spectral_rolloff_error_octaves"):
        assert error(name, high, low) == pytest.approx(1.0, abs=0.03)
    del noise


def test_a_bass_that_is_6_db_louder_is_nearly_6_db_of_share() -> None:
    quiet, loud = (tones((100.0, bass), (3000.0, 0.5)) for bass in (0.01, 0.02))
    assert error("low_frequency_error_db", loud, quiet) == pytest.approx(6.02, abs=0.02)


def test_the_level_profile_hears_a_fade_but_no_gain(noise: Noise) -> None:
    steady = noise(2, 4 * RATE, 1)
    fade = steady * np.linspace(1.0, 0.25, 4 * RATE, dtype=np.float32)
    assert error("level_profile_error_db", np.float32(0.3) * steady, steady) < 1e-4
    assert 1.5 < error("level_profile_error_db", fade, steady) < 4.0


def test_noise_is_flatter_than_a_tone(noise: Noise) -> None:
    tone = tones((1000.0, 0.5))
    some, more = (
        error("spectral_flatness_error_db", tone + np.float32(level) * noise(2, 2 * RATE, 2), tone)
        for level in (0.01, 0.3)
    )
    assert 0 < some < more


@pytest.mark.parametrize("side_db", [-40.0, -6.0, 6.0])
def test_the_side_to_mid_ratio_is_that_of_the_powers(side_db: float, noise: Noise) -> None:
    mid, side = (noise(1, RATE, seed)[0].astype(np.float64) for seed in (3, 4))
    side *= np.sqrt((mid**2).sum() / (side**2).sum())
    changed = side * 10 ** (side_db / 20)
    estimate, reference = (np.stack([mid + one, mid - one]) for one in (changed, side))
    assert error("mid_side_ratio_error_db", estimate, reference) == pytest.approx(
        abs(side_db), abs=1e-3
    )


def test_mono_unrelated_and_opposite_channels_are_0_a_half_and_1_wide(noise: Noise) -> None:
    left, right = noise(2, 2 * RATE, 5)
    mono, opposite = np.stack([left, left]), np.stack([left, -left])
    unrelated = np.stack([left, right])
    for estimate, width, correlation in ((unrelated, 0.5, 1.0), (opposite, 1.0, 2.0)):
        assert error("stereo_width_error", estimate, mono) == pytest.approx(width, abs=0.02)
        assert error("phase_correlation_error", estimate, mono) == pytest.approx(
            correlation, abs=0.02
        )
    assert error("mid_side_ratio_error_db", opposite, mono) == 120.0
    expected = np.corrcoef(left, right)[0, 1]
    value = error("phase_correlation_error", unrelated, mono)
    assert value == pytest.approx(1.0 - expected, abs=1e-3)


def test_three_channels_have_no_stereo_image(noise: Noise) -> None:
    three = Signal(noise(3, RATE, 6), RATE)
    pair = Pair(system="s", item="i", task="style", estimate=three, reference=three)
    [[one]] = score_pairs([pair], [metric("stereo_width_error")])
    assert (one.status, one.reason) == ("not_applicable", "needs 2 channels, not 3")
