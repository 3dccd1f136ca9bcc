"""The embedder that needs no network: levels of mel bands and how they move, in one second."""

from __future__ import annotations

import functools

import torch
from torch import Tensor

from ..metrics.spectra import Scale
from ..metrics.stft import power
from .embedder import Embedder, Network

RATE_HZ = 32_000
BANDS = Scale("mel", 20, 40.0, 16_000.0)
FRAME, HOP = 1280, 640  # 40 ms, 20 ms: the frames of the bank
FLOOR = 1e-9  # of a band's power: −90 dB under a sine at full scale


def _load(device: str) -> Network:
    window = torch.hann_window(FRAME, device=device)
    bank = torch.from_numpy(BANDS.bank(RATE_HZ)).float().to(device)
    scale = 4.0 / float(window.sum()) ** 2  # a sine at full scale has power 1
    return functools.partial(_describe, window=window, bank=bank * scale)


def _describe(windows: Tensor, *, window: Tensor, bank: Tensor) -> Tensor:
    """Mean and standard deviation over time of each band's level, in bel."""
    frames = windows.unfold(-1, FRAME, HOP) * window
    levels = (power(frames, FRAME) @ bank.T).clamp(min=FLOOR).log10()
    return torch.cat([levels.mean(1), levels.std(1, correction=0)], -1)


HANDCRAFTED = Embedder(
    id="handcrafted",
    title="mel-band levels",
    rate_hz=RATE_HZ,
    window_s=1.0,
    hop_s=0.5,
    load=_load,
    citation="own definition",
    revision="1",
    description=(
        "Mean and standard deviation, over a second, of the levels of 20 mel bands (40 Hz–16 kHz, "
        "Hann frames of 40 ms every 20 ms, in bel, floored at −90 dB re a full-scale sine): 40 "
        "dimensions. Hears colour and movement, not pitch, words or taste."
    ),
)
