"""Panning features of FxNorm-automix and their percentage errors.

Avendano's similarity of the two channels, 2 |L R| / (|L|² + |R|²), is 1 for a centred bin and 0
for one that is in one channel only; what a band is panned by is the RMS of 1 − similarity.
"""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from .batch import Gap, Scores, View
from .fxnorm import (
    RUNNING_FRAMES,
    Clips,
    features,
    hop_frames,
    magnitudes,
    mape_facts,
    register_feature,
    trimmed,
)
from .registry import register
from .running import Track, mape_percent, mean_of

HOPS_PER_FRAME = 2  # 2048 samples every 1024 at 44.1 kHz
TINY = 1e-30
LOW_HZ, MID_HZ = 250, 2500
BANDS = {
    "total": "over all frequencies",
    "low": "below 250 Hz",
    "mid": "from 250 Hz to 2.5 kHz",
    "high": "above 2.5 kHz",
}


def panning_rms(clips: Clips) -> dict[str, Tensor]:
    """RMS of 1 − similarity per band of `BANDS`: clip × frame, float64."""
    hop, rate = hop_frames(clips.rate), clips.rate
    size = HOPS_PER_FRAME * hop
    left, right = magnitudes(clips.samples, size, hop).unbind(1)
    similarity = (2.0 * left * right + TINY) / (left.square() + right.square() + TINY)
    squared = (1.0 - similarity).square()
    low, mid, high = (hz * size // rate for hz in (LOW_HZ, MID_HZ, rate // 2))
    bounds = {"total": (0, high), "low": (0, low), "mid": (low, mid), "high": (mid, high)}
    return {
        name: squared[..., first:last].mean(-1).double().sqrt()
        for name, (first, last) in bounds.items()
    }


def panning_tracks(view: View) -> tuple[dict[str, Track], dict[str, Track]]:
    """The features over the frames in which the reference is panned at all."""

    def make() -> tuple[dict[str, Track], dict[str, Track]]:
        inner = trimmed(view).view
        estimate, reference = features(inner, panning_rms)
        counts = (inner.lengths // hop_frames(inner.rate) - HOPS_PER_FRAME + 1).clamp(min=0)
        frames = torch.arange(reference["total"].shape[-1], device=counts.device)
        panned = (reference["total"] > 0) & (frames < counts[:, None])
        order = (~panned).int().argsort(dim=-1, stable=True)
        sides = [
            {
                name: Track(values.gather(-1, order)[:, None], panned.sum(-1))
                for name, values in side.items()
            }
            for side in (estimate, reference)
        ]
        return sides[0], sides[1]

    return view.memo("fxnorm panning", make)


def band_mape(view: View, band: str) -> Scores:
    """MAPE of the panning of one band."""
    channels = view.reference.shape[1]
    if channels != 2:
        every = torch.ones_like(view.lengths, dtype=torch.bool)
        reason = f"needs 2 channels, not {channels}"
        return Scores(every.double(), (Gap(every, reason, "not_applicable"),))
    estimate, reference = panning_tracks(view)
    scores = mape_percent(estimate[band], reference[band], RUNNING_FRAMES, "panning")
    few = reference[band].counts < RUNNING_FRAMES
    reason = f"fewer than {RUNNING_FRAMES} frames of the reference are panned"
    gaps = (*trimmed(view).gaps, Gap(few, reason, "not_applicable"), *scores.gaps)
    return Scores(scores.values, gaps)


for _band, _where in BANDS.items():
    _what = (
        f"the panning {_where}: RMS of 1 − 2 |L R| / (|L|² + |R|²) over the bins of a frame of "
        "46 ms, without the frames in which the reference has none"
    )
    _facts = replace(mape_facts(f"panning_{_band}", _what), min_channels=2)
    register_feature(_facts, band_mape, _band)


@register(
    replace(
        mape_facts(
            "panning", "panning: mean of the errors in total and in the low, mid and high band"
        ),
        min_channels=2,
    )
)
def fxnorm_panning_mape_percent(view: View) -> Scores:
    """Mean over the four bands."""
    return mean_of([band_mape(view, band) for band in BANDS])
