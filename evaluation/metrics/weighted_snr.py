"""Signal-to-error ratio weighted as hearing weights frequencies."""

from __future__ import annotations

import torch
from torch import Tensor

from .batch import Gap, Scores, View
from .facts import Facts
from .loudness import CHANNEL_WEIGHTS, hop_frames, hop_powers
from .registry import register

LIMIT_DB = 100.0


@register(
    Facts(
        id="weighted_snr_db",
        title="K-weighted SNR",
        unit="dB",
        low=-LIMIT_DB,
        high=LIMIT_DB,
        direction="higher",
        level="matched",
        channels="all",
        citation="weighting of ITU-R BS.1770-5 (2023); idea of log-WMSE (Nomono, 2023)",
        version="1",
        description=(
            "K-weighted power of the reference over that of the difference, all channels by the "
            "weights of BS.1770, over whole hops of 10 ms. The measure that log-WMSE takes, by a "
            "published weighting and without the unprocessed input that log-WMSE needs as a third "
            f"signal. Sensitive to any delay or phase change. Saturates at ±{LIMIT_DB:.0f} dB."
        ),
    )
)
def weighted_snr_db(view: View) -> Scores:
    """10 lg(Σ (k∗s)² / Σ (k∗(ŝ − s))²)."""
    channels = view.estimate.shape[1]
    if channels not in CHANNEL_WEIGHTS:  # the level could not be matched either
        return Scores(torch.zeros(len(view.lengths), device=view.lengths.device))
    short = Gap(
        view.lengths < hop_frames(view.rate)[0], "shorter than a hop of 10 ms", "not_applicable"
    )
    return Scores(torch.cat([_ratio_db(chunk) for chunk in view.chunks()]), (short,))


def _ratio_db(view: View) -> Tensor:
    signal = view.of_reference(lambda samples, lengths: _power(samples, lengths, view.rate))
    noise = _power(view.estimate - view.reference, view.lengths, view.rate)
    ratio_db: Tensor = 10.0 * (signal / noise.clamp(min=1e-300)).log10()
    return ratio_db.clamp(-LIMIT_DB, LIMIT_DB)


def _power(samples: Tensor, lengths: Tensor, rate: int) -> Tensor:
    """Sum over the whole hops of each clip."""
    hops = hop_powers(samples, lengths, rate)
    index = torch.arange(hops.powers.shape[1], device=lengths.device)
    return (hops.powers * (index < hops.counts[:, None])).sum(-1)
