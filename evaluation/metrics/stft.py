"""Magnitude spectrograms of a padded batch in blocks of frames: the same work on any length.

Blocks keep the working set in cache and the memory flat in the length of the clip.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

# Frames × transform size × pairs × channels of one block.
_BLOCK_SAMPLES = {"cpu": 2**18, "cuda": 2**27}


def reflected(samples: Tensor, lengths: Tensor, margin: int) -> Tensor:
    """Mirror each clip about its own first and last sample by `margin` (< length) frames."""
    padded = torch.nn.functional.pad(samples, (margin, margin))
    padded[..., :margin] = samples[..., 1 : margin + 1].flip(-1)
    for row, length in enumerate(lengths.tolist()):
        if length > margin:
            tail = samples[row, :, length - margin - 1 : length - 1].flip(-1)
            padded[row, :, margin + length : 2 * margin + length] = tail
    return padded


def power_blocks(
    signals: tuple[Tensor, ...], window: Tensor, size: int, hop: int
) -> Iterator[tuple[int, list[Tensor]]]:
    """Squared magnitudes of successive frames.

    Args:
        signals: clip × channel × frame, of as many frames each; frame 0 starts at the first sample.
        window: of at most `size` samples.
        size: of the transform (frames are zero-padded to it).
        hop: between frames, in samples.

    Yields:
        The index of the block's first frame, and per signal clip × channel × frame × bin.
    """
    frames = [signal.unfold(-1, len(window), hop) for signal in signals]
    rows = max(side.shape[0] * side.shape[1] for side in frames)
    count = frames[0].shape[2]
    step = max(1, _BLOCK_SAMPLES[window.device.type] // (size * rows))
    # The zeros behind the window are written once, not in every block.
    buffers = [
        torch.zeros((*side.shape[:2], min(step, count), size), device=window.device)
        for side in frames
    ]
    for first in range(0, count, step):
        blocks = []
        for side, buffer in zip(frames, buffers, strict=True):
            block = side[:, :, first : first + step]
            padded = buffer[:, :, : block.shape[2]]
            torch.mul(block, window, out=padded[..., : len(window)])
            blocks.append(power(padded, size))
        yield first, blocks


def power(frames: Tensor, size: int) -> Tensor:
    """Squared magnitudes of the transform of `size` of each frame (last axis)."""
    # Squared where real and imaginary parts lie side by side: strided reads cost the most.
    parts = torch.view_as_real(torch.fft.rfft(frames, size)).square_()
    squared: Tensor = parts[..., 0] + parts[..., 1]
    return squared
