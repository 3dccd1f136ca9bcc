"""Pearson correlations of log spectrograms.

"Correlation" has as many values as definitions, so each id names one. Both are taken on the
logarithm of power in frames of 40 ms every 10 ms (25 Hz bins up to half the rate), floored
80 dB under the reference's largest bin.
"""

from __future__ import annotations

import torch
from torch import Tensor

from .batch import Gap, Scores, View
from .facts import Facts
from .registry import register

FRAME_S, HOP_S = 0.040, 0.010
FLOOR_DB = -80.0
# Variance (of log10 power) below which a row holds nothing but the floor and rounding.
_FLAT = 1e-12

_SPECTROGRAM = (
    "log-power spectrogram: Hann frames of 40 ms every 10 ms wholly inside the signal, at its own "
    "rate, floored 80 dB under the reference's largest bin"
)
_SOURCE = "Pearson's r (1896); {} as reported in speech-decoding studies"


@register(
    Facts(
        id="pcc_logstft_global",
        title="Spectrogram correlation (global)",
        unit="",
        low=-1.0,
        high=1.0,
        direction="higher",
        level="matched",
        channels="mono",
        citation=_SOURCE.format("one value over the whole spectrogram,"),
        version="1",
        description=(
            f"Pearson correlation over all bins and frames at once of the {_SPECTROGRAM}. High "
            "for any two signals with the same long-term spectrum."
        ),
    )
)
def pcc_logstft_global(view: View) -> Scores:
    """r over bins × frames jointly."""
    estimate, reference, inside = _log_spectra(view)
    cells = inside.expand_as(reference)
    r, estimate_var, reference_var = _pearson(
        *(side.flatten(1) for side in (estimate, reference, cells))
    )
    return Scores(r, _flat_gaps(estimate_var, reference_var))


@register(
    Facts(
        id="pcc_logstft_band_mean",
        title="Spectrogram correlation (mean over bands)",
        unit="",
        low=-1.0,
        high=1.0,
        direction="higher",
        level="matched",
        channels="mono",
        citation=_SOURCE.format("mean over frequency bands,"),
        version="1",
        description=(
            "Pearson correlation over time in each 25 Hz bin, averaged over the bins in which the "
            f"reference is not constant, of the {_SPECTROGRAM}. A bin in which only the estimate "
            "is constant counts 0. Blind to the long-term spectrum."
        ),
    )
)
def pcc_logstft_band_mean(view: View) -> Scores:
    """Mean over bins of r over frames."""
    estimate, reference, inside = _log_spectra(view)
    cells = inside.expand_as(reference)
    r, estimate_var, reference_var = _pearson(
        *(side.transpose(1, 2) for side in (estimate, reference, cells))
    )
    used = reference_var > _FLAT
    mean = torch.where(used, r, 0.0).sum(-1) / used.sum(-1).clamp(min=1)
    return Scores(mean, _flat_gaps(estimate_var.amax(-1), reference_var.amax(-1)))


def _log_spectra(view: View) -> tuple[Tensor, Tensor, Tensor]:
    """(estimate, reference, inside): log10 power, pair × frame × bin; inside broadcasts to it."""

    def make() -> tuple[Tensor, Tensor, Tensor]:
        length, hop = round(FRAME_S * view.rate), round(HOP_S * view.rate)
        estimate, reference = (_power(s, length, hop) for s in (view.estimate, view.reference))
        counts = (view.lengths - length) // hop + 1
        inside = torch.arange(reference.shape[1], device=counts.device) < counts[:, None]
        floor = reference.amax((1, 2), keepdim=True) * 10.0 ** (FLOOR_DB / 10.0)
        estimate, reference = (torch.maximum(s, floor).log10() for s in (estimate, reference))
        return estimate, reference, inside[..., None]

    return view.memo("log spectra", make)


def _power(samples: Tensor, length: int, hop: int) -> Tensor:
    window = torch.hann_window(length, dtype=samples.dtype, device=samples.device)
    padded = torch.nn.functional.pad(samples[:, 0], (0, max(0, length - samples.shape[-1])))
    spectrum = torch.view_as_real(torch.fft.rfft(padded.unfold(-1, length, hop) * window))
    return spectrum.square().sum(-1)


def _pearson(x: Tensor, y: Tensor, inside: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """(r, variance of x, variance of y) over the last axis where `inside`; r = 0 if one is flat."""
    count = inside.sum(-1, keepdim=True).clamp(min=1)
    x, y = (
        (side - torch.where(inside, side, 0.0).sum(-1, keepdim=True) / count) * inside
        for side in (x, y)
    )
    x_var, y_var = (side.square().sum(-1) / count[..., 0] for side in (x, y))
    is_flat = (x_var <= _FLAT) | (y_var <= _FLAT)
    covariance = (x * y).sum(-1) / count[..., 0]
    r = covariance / torch.where(is_flat, 1.0, x_var * y_var).sqrt()
    return torch.where(is_flat, 0.0, r.clamp(-1.0, 1.0)), x_var, y_var


def _flat_gaps(estimate_var: Tensor, reference_var: Tensor) -> tuple[Gap, ...]:
    return tuple(
        Gap(variance <= _FLAT, f"the {side}'s log spectrogram is constant")
        for side, variance in (("estimate", estimate_var), ("reference", reference_var))
    )
