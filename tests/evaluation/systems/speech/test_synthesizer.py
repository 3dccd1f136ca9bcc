"""Harmonics plus noise: the identities of DDSP (Engel et al. 2020), and speech through it."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import scipy.signal
import torch

from earwitness.evaluation import metric
from earwitness.evaluation.systems.speech.synthesizer import (
    HOP,
    Controls,
    audible_distribution,
    exp_sigmoid,
    filtered_noise,
    harmonics,
    interpolated,
)
from earwitness.evaluation.systems.speech.vocoder import resynthesize
from earwitness.stimuli.dataset import Dataset, load_dataset


@pytest.fixture(scope="module")
def sentences(root: Path) -> Dataset:
    return load_dataset(root / "data" / "speech-demo")


def tone(f0_hz: torch.Tensor, amplitude: float = 0.5) -> Controls:
    only_first = torch.zeros(*f0_hz.shape, 100)
    only_first[..., 0] = 1.0
    level = torch.full_like(f0_hz, amplitude)
    return Controls(f0_hz, level, only_first, torch.zeros(*f0_hz.shape, 65))


def test_exp_sigmoid_has_the_published_values() -> None:
    values = exp_sigmoid(torch.tensor([0.0, -5.0, 5.0]))
    assert values.tolist() == pytest.approx([0.40540, 1.979e-5, 1.96931], rel=1e-3)


def test_a_voice_of_200_hz_keeps_39_of_100_harmonics() -> None:
    shares = audible_distribution(torch.tensor([[200.0]]), torch.full((1, 1, 100), 0.01))
    assert int((shares > 0).sum()) == 39
    assert float(0.5 * shares[0, 0, 0]) == pytest.approx(0.012821, abs=1e-6)


def test_one_steady_harmonic_is_a_sine() -> None:
    audio = harmonics(tone(torch.full((1, 250), 200.0)))[0]
    time = torch.arange(1, len(audio) + 1)
    error = audio - 0.5 * torch.sin(2.0 * math.pi * 200.0 * time / 16_000)
    assert 10.0 * torch.log10(error.square().mean() / audio.square().mean()) < -60.0


def test_noise_of_flat_magnitudes_has_a_flat_spectrum() -> None:
    noise = filtered_noise(torch.ones(1, 2500, 65))[0].numpy()
    _, power = scipy.signal.welch(noise, 16_000, nperseg=256)
    assert np.ptp(10.0 * np.log10(power[3:-3])) < 1.0
    assert len(noise) == 2500 * HOP


def test_items_of_a_batch_do_not_disturb_each_other() -> None:
    both = harmonics(tone(torch.tensor([[150.0] * 20, [310.0] * 20])))
    torch.testing.assert_close(both[1:], harmonics(tone(torch.full((1, 20), 310.0))))


def test_frames_become_ramps() -> None:
    ramp = interpolated(torch.tensor([[0.0, 64.0, 64.0]]))[0]
    assert ramp[:64].tolist() == pytest.approx(list(range(64)))
    assert ramp[64:].unique().tolist() == [64.0]


def test_speech_survives_its_features(sentences: Dataset) -> None:
    speech = [sentences.reference_audio(item).samples[:, :48_000] for item in sentences.items]
    again = [resynthesize(samples) for samples in speech]
    own = [
        metric("stoi")(estimate=a, reference=s, rate=16_000)
        for a, s in zip(again, speech, strict=True)
    ]
    other = metric("stoi")(estimate=again[0], reference=speech[1], rate=16_000)
    assert min(own) > 0.65  # measured: 0.74 to 0.79 over 4 s
    assert other < 0.3


def test_silence_and_steady_noise_become_finite_speech() -> None:
    assert np.abs(resynthesize(np.zeros((1, 16_000), np.float32))).max() < 1e-3
    noise = 0.1 * np.random.default_rng(0).standard_normal((1, 16_001)).astype(np.float32)
    out = resynthesize(noise)
    assert out.shape == (1, 16_001)
    assert np.isfinite(out).all()
