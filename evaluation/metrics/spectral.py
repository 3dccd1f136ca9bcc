"""Multi-resolution STFT distance with norms per item."""

from __future__ import annotations

from collections.abc import Callable, Iterator

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
    return Scores(values, (Gap(view.lengths < needed, reason, "not_applicable"),))


def _distance(view: View, size: int, hop: int, length: int) -> Tensor:
    window = torch.hann_window(length, device=view.lengths.device)
    rows, back = view.distinct()
    signals = (
        _framed(view.estimate, view.lengths, size, length),
        _framed(view.reference[rows], view.lengths[rows], size, length),
    )

    def dealt(values: Tensor) -> Tensor:
        return values if len(rows) in (1, len(back)) else values[back]

    frames = 1 + view.lengths // hop
    sums = torch.zeros(3, len(view.lengths), dtype=torch.float64, device=window.device)
    for first, (estimate, reference) in power_blocks(signals, window, size, hop):
        index = torch.arange(first, first + estimate.shape[2], device=window.device)
        inside = (index < frames[:, None])[:, None, :].double()
        for row, values in enumerate(_per_frame(estimate, reference, dealt)):
            sums[row] += (values.double() * inside).sum((1, 2))
    cells = frames * view.estimate.shape[1] * (size // 2 + 1)
    return (sums[0] / sums[1]).sqrt() + 0.5 * sums[2] / cells


def _framed(samples: Tensor, lengths: Tensor, size: int, length: int) -> Tensor:
    """Mirrored edges, from the first sample that the first frame's window touches.

    Frames of `size` samples are centred on multiples of the hop; only the window's part of them is
    not zero, and where it lies in the frame does not change a magnitude.
    """
    return reflected(samples.float(), lengths, size // 2)[..., (size - length) // 2 :]


def _per_frame(
    estimate: Tensor, reference: Tensor, dealt: Callable[[Tensor], Tensor]
) -> Iterator[Tensor]:
    """Sums over the bins of (|S| − |Ŝ|)², of |S|² and of |ln|S|² − ln|Ŝ|²|, pair × channel × frame.

    `reference` has a row for each owner: what depends on it alone is computed before its rows are
    dealt to the pairs.
    """
    estimate, reference = estimate.clamp_(POWER_FLOOR), reference.clamp_(POWER_FLOOR)
    yield estimate.sqrt().sub_(dealt(reference.sqrt())).square_().sum(-1)
    yield dealt(reference.sum(-1))
    # The logarithm of the ratio: half as many logarithms, and no rounding of their difference.
    yield estimate.div_(dealt(reference)).log_().abs_().sum(-1)
