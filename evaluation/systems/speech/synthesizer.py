"""Harmonics plus filtered noise, as in DDSP, in torch and in batches.

J. Engel, L. Hantrakul, C. Gu, A. Roberts: DDSP: Differentiable Digital Signal Processing (ICLR
2020), §3. Controls come at 250 frames per second; audio leaves at 16 kHz.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

RATE = 16_000
HOP = 64  # samples between two frames of controls: 250 per second
HARMONICS = 100
NOISE_BANDS = 65
NOISE_WINDOW = 257


@dataclass(frozen=True, eq=False)
class Controls:
    """What the synthesizer plays, one value a frame.

    Attributes:
        f0_hz: `batch × frame`.
        amplitude: of all harmonics together, linear, `batch × frame`.
        distribution: share of each harmonic, `batch × frame × harmonic`; renormalised to 1 over
            those below half the rate.
        noise: magnitude of the noise in each of 65 equal bands, `batch × frame × band`.
    """

    f0_hz: Tensor
    amplitude: Tensor
    distribution: Tensor
    noise: Tensor


def synthesize(controls: Controls, *, seed: int = 0) -> Tensor:
    """Audio of the controls, `batch × frame · 64`; the noise follows from the seed."""
    return harmonics(controls) + filtered_noise(controls.noise, seed=seed)


def exp_sigmoid(values: Tensor) -> Tensor:
    """2 σ(x)^ln 10 + 1e-7: positive controls that a network can reach evenly (§B.5)."""
    return 2.0 * torch.sigmoid(values) ** math.log(10.0) + 1e-7


def harmonics(controls: Controls) -> Tensor:
    """Sum of sines at multiples of f0, their phase the running sum of the frequency."""
    shares = audible_distribution(controls.f0_hz, controls.distribution)
    amplitudes = overlapped(controls.amplitude[..., None] * shares)
    frequency_hz = interpolated(controls.f0_hz)
    # In float64: the phase of a minute of speech has lost its fourth decimal in float32.
    phase = torch.cumsum(2.0 * math.pi * frequency_hz.double() / RATE, dim=-1)
    audio = torch.zeros_like(frequency_hz)
    for number in range(shares.shape[-1]):
        audio = audio + amplitudes[..., number] * torch.sin((number + 1) * phase).to(audio.dtype)
    return audio


def audible_distribution(f0_hz: Tensor, distribution: Tensor) -> Tensor:
    """The shares of the harmonics below half the rate, summing to 1 (to 0 where there is none)."""
    multiples = torch.arange(1, distribution.shape[-1] + 1, device=f0_hz.device)
    audible = distribution * (f0_hz[..., None] * multiples < RATE / 2)
    return audible / audible.sum(-1, keepdim=True).clamp_min(1e-12)


def interpolated(frames: Tensor) -> Tensor:
    """From one value a frame to one a sample, linear between frames, held after the last."""
    held = torch.cat([frames, frames[..., -1:]], dim=-1)
    step = torch.arange(HOP, device=frames.device, dtype=frames.dtype) / HOP
    between = held[..., :-1, None] + (held[..., 1:] - held[..., :-1])[..., None] * step
    return between.flatten(-2)


def overlapped(frames: Tensor) -> Tensor:
    """From one value a frame to one a sample by overlapping Hann windows, `batch × sample × …`.

    Smooth at each frame, so that amplitudes do not buzz at 250 Hz as linear ramps do.
    """
    step = torch.arange(HOP, device=frames.device, dtype=frames.dtype) / HOP
    rise = 0.5 - 0.5 * torch.cos(math.pi * step)
    held = torch.cat([frames, frames[:, -1:]], dim=1)
    between = held[:, :-1, None] + (held[:, 1:] - held[:, :-1])[:, :, None] * rise[:, None]
    return between.flatten(1, 2)


def filtered_noise(magnitudes: Tensor, *, seed: int = 0) -> Tensor:
    """Uniform noise through a linear-phase filter of its own in each frame."""
    batch, frames, _ = magnitudes.shape
    impulse = torch.fft.irfft(magnitudes.to(torch.complex64), n=2 * (NOISE_BANDS - 1))
    impulse = torch.roll(impulse, NOISE_BANDS - 1, dims=-1)
    impulse = impulse * torch.hann_window(impulse.shape[-1], device=magnitudes.device)
    generator = torch.Generator().manual_seed(seed)
    noise = (2.0 * torch.rand(batch, frames, HOP, generator=generator) - 1.0).to(magnitudes.device)
    size = 1 << (HOP + impulse.shape[-1] - 1).bit_length()
    parts = torch.fft.irfft(torch.fft.rfft(noise, size) * torch.fft.rfft(impulse, size), size)
    audio = torch.nn.functional.fold(
        parts.transpose(1, 2), (1, (frames - 1) * HOP + size), (1, size), stride=(1, HOP)
    ).flatten(1)
    delay = NOISE_BANDS - 1
    return audio[:, delay : delay + frames * HOP]
