"""The multi-resolution STFT distance against auraloss, which agrees on a batch of one."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest
import torch

from earwitness.evaluation.metrics import metric
from earwitness.evaluation.metrics.batch import View

Samples = npt.NDArray[np.float32]
Noise = Callable[[int, int, int], Samples]


def make_pair(noise: Noise, channels: int, frames: int) -> tuple[Samples, Samples]:
    reference = noise(channels, frames, 1)
    estimate = 0.8 * reference + 0.5 * noise(channels, frames, 2) * np.linspace(0, 1, frames)
    return estimate.astype(np.float32), reference


@pytest.mark.parametrize(
    ("channels", "frames", "expected"),
    # auraloss 0.4.0, MultiResolutionSTFTLoss() on a batch of one, float32 (torch 2.13.0).
    [(2, 44100, 0.5776321887969971), (1, 20011, 0.576574981212616), (1, 2500, 0.5929976105690002)],
)
def test_it_equals_auraloss_on_one_clip(
    channels: int, frames: int, expected: float, noise: Noise
) -> None:
    estimate, reference = (
        torch.from_numpy(side)[None].double() for side in make_pair(noise, channels, frames)
    )
    view = View(estimate, reference, torch.tensor([frames]), 44100)
    scores = metric("mrstft").compute(view)
    assert scores.values.item() == pytest.approx(expected, abs=5e-6)


def test_a_common_gain_on_the_estimate_is_no_distance(noise: Noise) -> None:
    reference = noise(2, 44100, 3)
    value = metric("mrstft")(estimate=np.float32(0.25) * reference, reference=reference, rate=44100)
    assert value == pytest.approx(0.0, abs=1e-6)
