"""Blocks of mel power spectra of lead and backing: what the level network hears."""

from __future__ import annotations

import functools

import torch

from earwitness.stimuli.audio import Samples
from earwitness.stimuli.mel import mel_triangles

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


def mel_blocks(lead: Samples, backing: Samples, *, frames: int = BLOCK_FRAMES) -> torch.Tensor:
    """Blocks of `frames` frames, `block × 2 × frame × band`: channel 0 backing, channel 1 lead.

    Blocks follow each other; the rest that does not fill one is left out, but a song shorter than
    one block is padded with silence.
    """
    both = torch.stack([mel_power(backing), mel_power(lead)])
    if both.shape[1] < frames:
        both = torch.nn.functional.pad(both, (0, 0, 0, frames - both.shape[1]))
    return both.unfold(1, frames, frames).permute(1, 0, 3, 2).contiguous()


@functools.cache
def _filterbank() -> torch.Tensor:
    return torch.from_numpy(mel_triangles(BANDS, TRANSFORM // 2 + 1, RATE)).float()
