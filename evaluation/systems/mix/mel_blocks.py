"""Blocks of mel power spectra of lead and backing: what the level network hears."""

from __future__ import annotations

import functools
import math

import torch

from earwitness.stimuli.audio import Samples

RATE = 44_100
TRANSFORM, HOP, BANDS = 2048, 1024, 128
BLOCK_FRAMES = 64  # 64 · 1024 / 44 100 = 1.486 s


def mel_power(samples: Samples) -> torch.Tensor:
    """Mel power spectrum of the mono sum, `frame × band`: 128 HTK bands from 0 to 22.05 kHz.

    Centred frames, Hann window, triangles of height 1: torchaudio's `MelSpectrogram` defaults.
    `samples` is `channel × frame` at 44.1 kHz.
    """
    mono = torch.from_numpy(samples).mean(dim=0)
    spectrum = torch.stft(
        mono, TRANSFORM, HOP, window=torch.hann_window(TRANSFORM), return_complex=True
    )
    power = spectrum.abs().square()
    return (_filterbank() @ power).T


def mel_blocks(
    lead: Samples, backing: Samples, *, frames: int = BLOCK_FRAMES, hop: int | None = None
) -> torch.Tensor:
    """Blocks of `frames` frames, `block × 2 × frame × band`: channel 0 backing, channel 1 lead.

    Blocks follow each other every `hop` frames (default: without overlap); the rest that does not
    fill one is left out, but a song shorter than one block is padded with silence.
    """
    both = torch.stack([mel_power(backing), mel_power(lead)])
    if both.shape[1] < frames:
        both = torch.nn.functional.pad(both, (0, 0, 0, frames - both.shape[1]))
    return both.unfold(1, frames, hop or frames).permute(1, 0, 3, 2).contiguous()


@functools.cache
def _filterbank() -> torch.Tensor:
    """`band × bin`: triangles equally spaced in mel = 2595 log10(1 + f / 700)."""
    top = 2595.0 * math.log10(1.0 + RATE / 2 / 700.0)
    edges_hz = 700.0 * (
        10.0 ** (torch.linspace(0.0, top, BANDS + 2, dtype=torch.float64) / 2595.0) - 1.0
    )
    bins_hz = torch.linspace(0.0, RATE / 2, TRANSFORM // 2 + 1, dtype=torch.float64)
    low, centre, high = edges_hz[:-2, None], edges_hz[1:-1, None], edges_hz[2:, None]
    rising, falling = (bins_hz - low) / (centre - low), (high - bins_hz) / (high - centre)
    return torch.minimum(rising, falling).clamp_min(0.0).float()
