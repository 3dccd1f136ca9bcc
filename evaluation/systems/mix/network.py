"""The network that predicts how loud a lead should be against its backing, block by block."""

from __future__ import annotations

from itertools import pairwise
from typing import Literal

import torch
from torch import nn

from .mel_blocks import BANDS

InputNorm = Literal["none", "db", "l2_time"]
CHANNELS = (2, 8, 16, 32, 64)
DROPOUT = 0.3
LOWEST_POWER = 1e-10
DB_SCALE = 40.0


class LevelNetwork(nn.Module):
    """Four blocks of convolution, normalisation, ReLU and pooling, then one linear layer.

    `block × 2 × 64 × 128` mel power (channel 0 backing, 1 lead) → `block` relative loudness in LU.
    With `recurrent` a GRU follows the convolutions along time, so that blocks may have any length
    from 46 frames.

    Attributes:
        input_norm: `none` takes powers as they are, `db` takes 10 log10(power) / 40, `l2_time`
            divides each band of each stem by its norm over time, which hides all level.
    """

    def __init__(self, input_norm: InputNorm = "db", *, recurrent: bool = False) -> None:
        super().__init__()
        self.input_norm = input_norm
        layers: list[nn.Module] = []
        for before, after in pairwise(CHANNELS):
            layers += [
                nn.Conv2d(before, after, 3),
                nn.BatchNorm2d(after),
                nn.ReLU(),
                nn.MaxPool2d(2),
            ]
        self.features = nn.Sequential(*layers)
        self.recurrent = nn.GRU(CHANNELS[-1] * 6, 32, batch_first=True) if recurrent else None
        self.head = nn.Sequential(nn.Dropout(DROPOUT), nn.Linear(32 if recurrent else 768, 1))

    def forward(self, power: torch.Tensor) -> torch.Tensor:
        features = self.features(normalised(power, self.input_norm))  # block × 64 × time × 6
        if self.recurrent is not None:
            steps, _ = self.recurrent(features.permute(0, 2, 1, 3).flatten(2))
            features = steps.mean(dim=1)
        prediction: torch.Tensor = self.head(features.flatten(1)).squeeze(1)
        return prediction


def normalised(power: torch.Tensor, input_norm: InputNorm) -> torch.Tensor:
    """Mel power as the network takes it, `block × 2 × frame × band`."""
    if power.shape[1] != 2 or power.shape[-1] != BANDS:
        raise ValueError(f"expected block × 2 × frame × {BANDS}, not {tuple(power.shape)}")
    if input_norm == "db":
        return 10.0 * torch.log10(power.clamp_min(LOWEST_POWER)) / DB_SCALE
    if input_norm == "l2_time":
        return nn.functional.normalize(power, dim=2)
    return power


def parameter_count(network: nn.Module) -> int:
    """Number of learned values."""
    return sum(parameter.numel() for parameter in network.parameters())
