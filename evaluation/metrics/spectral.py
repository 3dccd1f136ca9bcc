"""Multi-resolution STFT distance with norms per item."""

from __future__ import annotations

import torch
from torch import Tensor

from .batch import Gap, Scores, View
from .facts import Facts
from .registry import register
from .stft import power_blocks, reflected

# Transform size, hop and window length in samples: auraloss's defaults, after Parallel WaveGAN.
RESOLUTIONS = ((1024, 120, 600), (2048, 240, 1200), (512, 50, 240))
POWER_FLOOR = 1e-8


@register(
    Facts(
        id="mrstft",
        title="Multi-resolution STFT distance",
        unit="",
        low=0.0,
        high=None,
        direction="lower",
        level="matched",
        channels="all",
        citation="Yamamoto, Song, Kim: Parallel WaveGAN, ICASSP 2020, equations 4–6",
        version="1",
        description=(
            "Spectral convergence plus mean absolute difference of natural-log magnitudes, "
            "averaged over three resolutions at the signal's own rate: "
            "FFT 1024 / 2048 / 512, hop 120 / 240 / 50, Hann window 600 / 1200 / 240 samples, "
            f"mirrored edges, power floored at {POWER_FLOOR:g}. Norms are taken per item over all "
            "channels, so that a score does not depend on what else is in the batch."
        ),
    )
)
def mrstft(view: View) -> Scores:
    """Mean over resolutions of ‖|S| − |Ŝ|‖ / ‖|S|‖ + mean |ln|S| − ln|Ŝ||."""
    values = torch.stack([_distance(view, *resolution) for resolution in RESOLUTIONS]).mean(0)
    needed = max(size for size, _, _ in RESOLUTIONS) // 2 + 1
    reason = f"shorter than the {needed} frames of half the longest window"
    return Scores(values, (Gap(view.lengths < needed, reason),))


def _distance(view: View, size: int, hop: int, length: int) -> Tensor:
    window = torch.hann_window(length, device=view.lengths.device)
    # Frames of `size` samples are centred on multiples of the hop; only the window's part of
    # them is not zero, and where it lies in the frame does not change a magnitude.
    skip = (size - length) // 2
    sides = [
        reflected(side.float(), view.lengths, size // 2)[..., skip:]
        for side in (view.estimate, view.reference)
    ]
    frames = 1 + view.lengths // hop
    sums = torch.zeros(3, len(view.lengths), dtype=torch.float64, device=window.device)
    for first, (estimate, reference) in power_blocks((sides[0], sides[1]), window, size, hop):
        estimate, reference = estimate.clamp(POWER_FLOOR), reference.clamp(POWER_FLOOR)
        index = torch.arange(first, first + estimate.shape[2], device=window.device)
        inside = (index < frames[:, None])[:, None, :].double()
        per_frame = (
            (reference.sqrt() - estimate.sqrt()).square(),
            reference,
            0.5 * (reference / estimate).log().abs(),
        )
        for row, values in enumerate(per_frame):
            sums[row] += (values.sum(-1).double() * inside).sum((1, 2))
    cells = frames * view.estimate.shape[1] * (size // 2 + 1)
    return (sums[0] / sums[1]).sqrt() + sums[2] / cells
