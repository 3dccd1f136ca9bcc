"""Simulated neural signals: decodable at a high signal-to-noise ratio, chance at a low one."""

from __future__ import annotations

import numpy as np
import pytest

from earwitness.evaluation.systems.speech.decoder import RidgeDecoder, Trial, fit_ridge
from earwitness.evaluation.systems.speech.ecog import Cortex, pink_noise
from earwitness.evaluation.systems.speech.features import Features

FRAMES = 1_000


def features(seed: int) -> Features:
    """Made-up speech: smooth pitch, loudness and timbre."""
    draw = np.random.default_rng(seed)

    def smooth(width: int = 1) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
        knots = draw.standard_normal((FRAMES // 25 + 2, width))
        at = np.arange(FRAMES) / 25
        return np.column_stack([np.interp(at, np.arange(len(knots)), k) for k in knots.T])

    voiced = (smooth()[:, 0] > -0.5).astype(float)
    return Features(
        140.0 * 2.0 ** (0.3 * smooth()[:, 0]),
        voiced,
        -40.0 + 12.0 * smooth()[:, 0],
        12.0 * smooth(16),
    )


def decoded(snr_db: float) -> tuple[RidgeDecoder, Features, Features]:
    cortex = Cortex(snr_db=snr_db, seed=3)
    trials = [Trial(cortex.record(features(n), trial=n), features(n)) for n in range(4)]
    decoder = fit_ridge(trials)
    truth = features(9)
    return decoder, decoder.decode(cortex.record(truth, trial=9), FRAMES), truth


def pitch_correlation(found: Features, truth: Features) -> float:
    voiced = truth.voiced > 0.5
    return float(np.corrcoef(np.log(found.f0_hz[voiced]), np.log(truth.f0_hz[voiced]))[0, 1])


def test_with_little_noise_pitch_and_loudness_are_found() -> None:
    _, found, truth = decoded(40.0)
    assert pitch_correlation(found, truth) > 0.9
    assert np.corrcoef(found.loudness_db, truth.loudness_db)[0, 1] > 0.9


def test_under_noise_nothing_is_found() -> None:
    decoder, found, truth = decoded(-40.0)
    # 1,000 smooth frames are about 40 independent values.
    assert abs(pitch_correlation(found, truth)) < 0.5
    assert np.abs(np.log2(found.f0_hz / 140.0)).max() < 0.6  # stays at what it has seen
    assert decoder.penalty > 1.0


def test_a_cortex_is_the_same_again_and_its_noise_is_of_the_trial() -> None:
    speech = features(1)
    first, again, other = (Cortex(seed=5).record(speech, trial=trial).values for trial in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)
    assert first.shape == (400, 48)


def test_noise_falls_with_the_frequency() -> None:
    noise = pink_noise(4_000, 8, np.random.default_rng(0))
    power = np.square(np.abs(np.fft.rfft(noise, axis=0))).mean(axis=1)
    low, high = power[10:20].mean(), power[1_000:2_000].mean()
    assert 10.0 * np.log10(low / high) == pytest.approx(20.0, abs=3.0)


def test_without_timbre_every_frame_has_the_mean_spectrum() -> None:
    decoder, _, truth = decoded(20.0)
    neural = Cortex(snr_db=20.0, seed=3).record(truth, trial=9)
    assert np.ptp(decoder.decode(neural, FRAMES, use_z=False).z, axis=0).max() == 0.0


def test_one_trial_is_too_few_to_learn_from() -> None:
    with pytest.raises(ValueError, match="at least two trials"):
        fit_ridge([Trial(Cortex().record(features(0), trial=0), features(0))])
