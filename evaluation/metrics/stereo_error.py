"""Errors of the stereo image: width over time, side against mid, correlation of the channels."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from .batch import Gap, Scores, View, each_side
from .difference import register_error
from .facts import Facts
from .registry import register

FRAME_S = 0.4
FLOOR_DB = -60.0
_SMALLEST = 10.0 ** (FLOOR_DB / 10.0)
_BASE = Facts(
    id="mid_side_ratio_error_db",
    title="Side to mid ratio error",
    unit="dB",
    low=0.0,
    high=-2 * FLOOR_DB,
    direction="lower",
    level="as_is",
    channels="all",
    citation="Blumlein, British patent 394,325 (1931): mid and side signals",
    version="1",
    description=(
        "Absolute difference of the level of the side signal (L − R) / 2 re the mid signal "
        f"(L + R) / 2 over the whole clip, kept within ±{-FLOOR_DB:g} dB (mono and out of phase). "
        "Blind to a gain."
    ),
    tasks=("mix", "style"),
    min_channels=2,
)


@register_error(_BASE)
def mid_side_ratio_error_db(view: View) -> Scores:
    """Side / mid of the estimate − the same of the reference, dB."""
    ratios = [
        (10.0 * torch.log10(side / mid.clamp(min=1e-30))).clamp(FLOOR_DB, -FLOOR_DB)
        for side, mid in (_mid_side(*_moments(view, which)) for which in (0, 1))
    ]
    return Scores(ratios[0] - ratios[1], _two_channels(view))


@register(
    replace(
        _BASE,
        id="stereo_width_error",
        title="Stereo width error",
        unit="",
        high=1.0,
        description=(
            "Mean absolute difference of stereo width, frame by frame: the side signal's share of "
            "the power of mid and side, 0 for mono, ½ for unrelated channels, 1 for channels out "
            f"of phase. Frames of {FRAME_S:g} s count in which both sides are less than "
            f"{-FLOOR_DB:g} dB under their loudest one. Blind to a gain."
        ),
    )
)
def stereo_width_error(view: View) -> Scores:
    """Mean over frames of |W(estimate) − W(reference)|."""
    widths, audible = [], torch.ones((), dtype=torch.bool, device=view.lengths.device)
    for which in (0, 1):
        side, mid = _mid_side(*_frame_moments(view, which))
        power = side + mid
        widths.append(side / power.clamp(min=1e-30))
        audible = audible & (power > _SMALLEST * power.amax(-1, keepdim=True))
    errors = torch.where(audible, (widths[0] - widths[1]).abs(), 0.0).sum(-1)
    none = ~audible.any(-1)
    gaps = (*_two_channels(view), Gap(none, f"no {FRAME_S:g} s in which both sides sound"))
    return Scores(errors / audible.sum(-1), gaps)


@register_error(
    replace(
        _BASE,
        id="phase_correlation_error",
        title="Phase correlation error",
        unit="",
        high=2.0,
        citation="Correlation meter: ratio of the channels' cross power to their mean power",
        description=(
            "Absolute difference of the correlation of the channels over the whole clip, "
            "Σ L R / √(Σ L² Σ R²): 1 for mono, 0 for unrelated channels, −1 for channels out of "
            "phase. A silent channel correlates with nothing (0). Blind to a gain."
        ),
    )
)
def phase_correlation_error(view: View) -> Scores:
    """r(estimate) − r(reference)."""
    correlations = []
    for which in (0, 1):
        left, right, cross = _moments(view, which)
        scale = (left * right).sqrt()
        correlations.append(torch.where(scale > 0, cross / scale.clamp(min=1e-30), 0.0))
    return Scores(correlations[0] - correlations[1], _two_channels(view))


def _mid_side(left: Tensor, right: Tensor, cross: Tensor) -> tuple[Tensor, Tensor]:
    """Powers of side and mid from those of the channels."""
    return (
        (left + right - 2.0 * cross).clamp(min=0.0) / 4.0,
        (left + right + 2.0 * cross).clamp(min=0.0) / 4.0,
    )


def _moments(view: View, which: int) -> tuple[Tensor, Tensor, Tensor]:
    """Σ L², Σ R² and Σ L R of the estimate (0) or the reference (1)."""
    sums = each_side(view, "stereo_frames", _frame_sums)[which].sum(1)
    return sums[:, 0], sums[:, 1], sums[:, 2]


def _frame_moments(view: View, which: int) -> tuple[Tensor, Tensor, Tensor]:
    """The same frame by frame; a frame that is cut off at the end does not count (0)."""
    sums = each_side(view, "stereo_frames", _frame_sums)[which]
    frame = round(FRAME_S * view.rate)
    index = torch.arange(sums.shape[1], device=sums.device)
    whole = (index < (view.lengths // frame)[:, None])[..., None]
    kept = torch.where(whole, sums, 0.0)
    return kept[..., 0], kept[..., 1], kept[..., 2]


def _frame_sums(samples: Tensor, _lengths: Tensor, rate: int) -> Tensor:
    """Clip × frame × (L², R², L R), float64; the first two channels."""
    frame = round(FRAME_S * rate)
    count = -(-samples.shape[-1] // frame)
    padded = torch.nn.functional.pad(samples[:, :2], (0, count * frame - samples.shape[-1]))
    left, right = torch.unflatten(padded, -1, (count, frame)).double().unbind(1)
    return torch.stack([(left * left).sum(-1), (right * right).sum(-1), (left * right).sum(-1)], -1)


def _two_channels(view: View) -> tuple[Gap, ...]:
    channels = view.reference.shape[1]
    every = torch.full_like(view.lengths, channels != 2, dtype=torch.bool)
    return (Gap(every, f"needs 2 channels, not {channels}", "not_applicable"),)
