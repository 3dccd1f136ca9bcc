"""The pitch tracker on signals of known pitch, against YIN written out, and its error metrics."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest
import torch

from earwitness.evaluation.metrics import Pair, metric, pitch_error_crepe, score_pairs
from earwitness.evaluation.metrics.pitch import THRESHOLD, frame_count, track
from earwitness.stimuli.audio import Signal
from earwitness.stimuli.errors import MetricError

Samples = npt.NDArray[np.float32]
Values = npt.NDArray[np.float64]
Maker = Callable[[int, float, int], Samples]
Noise = Callable[[int, int, int], Samples]


def buzz(f0_hz: Values) -> Samples:
    """Ten harmonics of a pitch contour (one value per sample at 16 kHz), 1 × frame."""
    phase = 2 * np.pi * np.cumsum(f0_hz) / 16000
    return (0.1 * sum(np.cos(k * phase) / k for k in range(1, 11))).astype(np.float32)[None]


def yin(frame: Values) -> float:
    """Steps 1 to 5 of the paper, lag by lag."""
    frame = frame - frame.mean()
    d = np.array([((frame[:640] - frame[lag : lag + 640]) ** 2).sum() for lag in range(269)])
    normalised = np.ones(269)
    for lag in range(1, 269):
        normalised[lag] = d[lag] * lag / d[1 : lag + 1].sum()
    for lag in range(26, 268):
        low, mid, high = normalised[lag - 1 : lag + 2]
        if mid < THRESHOLD and mid <= low and mid < high:
            return 16000 / (lag + 0.5 * (low - high) / (low - 2 * mid + high))
    return 0.0


@pytest.mark.parametrize("hz", [70.0, 110.0, 233.1, 440.0, 580.0])
def test_a_steady_buzz_is_tracked_within_5_cents(hz: float) -> None:
    clip = buzz(np.full(8000, hz))
    found = track(torch.from_numpy(clip), torch.tensor([8000]))
    assert bool(found.voiced[0, : int(frame_count(torch.tensor(8000)))].all())
    cents = 1200 * np.log2(found.hz[found.voiced].numpy() / hz)
    assert np.abs(cents).max() < 5


def test_it_equals_yin_written_out(speechlike: Maker) -> None:
    clip = speechlike(16000, 1.0, 2)
    found = track(torch.from_numpy(clip), torch.tensor([16000]))
    for frame in found.voiced[0].nonzero()[:, 0].tolist()[::7]:
        expected = yin(clip[0, 160 * frame : 160 * frame + 909].astype(np.float64))
        assert found.hz[0, frame].item() == pytest.approx(expected, rel=1e-4)


def test_noise_and_silence_are_not_voiced(noise: Noise) -> None:
    clip = np.concatenate([noise(1, 16000, 4), np.zeros((1, 16000), np.float32)], axis=1)
    assert not track(torch.from_numpy(clip), torch.tensor([32000])).voiced.any()


def test_the_errors_are_those_of_a_transposed_glide() -> None:
    glide = np.linspace(100.0, 160.0, 24000)
    value = {
        name: metric(name)(
            estimate=buzz(glide * 2 ** (0.5 / 12)), reference=buzz(glide), rate=16000
        )
        for name in ("f0_rmse_cents", "f0_gross_error_percent", "voicing_error_percent")
    }
    assert value["f0_rmse_cents"] == pytest.approx(50.0, abs=1.0)
    assert value["f0_gross_error_percent"] == 0.0
    assert value["voicing_error_percent"] < 3.0


def test_an_octave_in_half_of_the_clip_is_a_gross_error_in_half_of_it() -> None:
    reference = np.full(32000, 120.0)
    estimate = np.where(np.arange(32000) < 16000, 120.0, 240.0)
    both = {"estimate": buzz(estimate), "reference": buzz(reference)}
    assert metric("f0_gross_error_percent")(**both, rate=16000) == pytest.approx(50.0, abs=3.0)
    assert metric("f0_rmse_cents")(**both, rate=16000) == pytest.approx(1200 * 0.5**0.5, rel=0.03)


def test_a_whispered_half_is_a_voicing_error_in_half_of_the_clip(noise: Noise) -> None:
    reference = buzz(np.full(32000, 150.0))
    estimate = np.where(np.arange(32000) < 16000, reference, noise(1, 32000, 5)).astype(np.float32)
    value = metric("voicing_error_percent")(estimate=estimate, reference=reference, rate=16000)
    assert value == pytest.approx(50.0, abs=3.0)


def test_without_voiced_frames_there_is_no_pitch_error(noise: Noise) -> None:
    for name, reason in (
        ("f0_rmse_cents", "voiced on both sides"),
        ("f0_gross_error_percent", "voiced on both sides"),
        ("voicing_error_percent", "of the reference are voiced"),
    ):
        with pytest.raises(MetricError, match=reason):
            metric(name)(estimate=noise(1, 16000, 6), reference=noise(1, 16000, 7), rate=16000)


def test_crepe_tracks_a_buzz_and_calls_noise_unvoiced(noise: Noise) -> None:
    clip = np.concatenate([buzz(np.full(8000, 220.0)), noise(1, 8000, 4)], axis=1)
    found = pitch_error_crepe.track(torch.from_numpy(clip), torch.tensor([16000]))
    tone = found.hz[0, :22]
    assert (1200 * (tone / 220.0).log2()).abs().max() < 15  # its pitches are 20 cents apart
    assert not found.voiced[0, 26:].any()


def test_crepe_errors_are_those_of_the_pitch_and_independent_of_batch_mates(noise: Noise) -> None:
    names = ("f0_crepe_rmse_cents", "f0_crepe_gross_error_percent", "voicing_crepe_error_percent")
    metrics = [metric(name) for name in names]
    reference = buzz(np.full(8000, 200.0))
    octave = buzz(np.full(8000, 400.0))
    sides = [(octave, reference), (reference, reference), (noise(1, 9000, 3), noise(1, 9000, 5))]
    pairs = [
        Pair(
            system="s",
            item="i",
            task="speech",
            estimate=Signal(e, 16000),
            reference=Signal(r, 16000),
        )
        for e, r in sides
    ]
    up, same, none = score_pairs(pairs, metrics)
    assert [one.value for one in up] == pytest.approx([1200.0, 100.0, 0.0], abs=10.0)
    assert [one.value for one in same] == [0.0, 0.0, 0.0]
    assert all("voiced" in one.reason and one.value is None for one in none)
    [alone] = score_pairs(pairs[:1], metrics)
    values = [[one.value for one in row] for row in (alone, up)]
    assert values[0] == pytest.approx(values[1], abs=1e-6)
