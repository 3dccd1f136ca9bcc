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
from .stft import power

FRAME_S, HOP_S = 0.040, 0.010
FLOOR_DB = -80.0
# Variance (of log10 power) below which a row holds nothing but the floor and rounding.
_FLAT = 1e-10

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
    values, is_flat, _, _ = _correlations(view)
    return Scores(values, (Gap(is_flat, "a log spectrogram is constant"),))


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
    _, _, values, is_flat = _correlations(view)
    return Scores(values, (Gap(is_flat, "a log spectrogram is constant over time in every bin"),))


def _correlations(view: View) -> tuple[Tensor, ...]:
    """Per pair: r over all cells, whether it is undefined, mean r over bins, whether undefined."""

    def make() -> tuple[Tensor, ...]:
        parts = [_of_chunk(chunk) for chunk in view.chunks()]
        return tuple(torch.cat(values) for values in zip(*parts, strict=True))

    return view.memo("correlations", make)


def _of_chunk(view: View) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    x, y, inside = _log_spectra(view)
    over_all, x_var, y_var = _pearson(x, y, inside, (1, 2))
    per_bin, x_bin_var, y_bin_var = _pearson(x, y, inside, (1,))
    used = y_bin_var > _FLAT
    band_mean = (per_bin * used).sum(-1) / used.sum(-1).clamp(min=1)
    bands_are_flat = torch.minimum(x_bin_var.amax(-1), y_bin_var.amax(-1)) <= _FLAT
    return over_all, torch.minimum(x_var, y_var) <= _FLAT, band_mean, bands_are_flat


def _log_spectra(view: View) -> tuple[Tensor, Tensor, Tensor]:
    """(estimate, reference, inside): log10 power, pair × frame × bin; inside broadcasts to it."""
    length, hop = round(FRAME_S * view.rate), round(HOP_S * view.rate)
    estimate, reference = (_power(side, length, hop) for side in (view.estimate, view.reference))
    counts = (view.lengths - length) // hop + 1
    inside = torch.arange(reference.shape[1], device=counts.device) < counts[:, None]
    floor = reference.amax((1, 2), keepdim=True) * 10.0 ** (FLOOR_DB / 10.0)
    estimate, reference = (torch.maximum(side, floor).log10_() for side in (estimate, reference))
    return estimate, reference, inside[..., None].to(reference.dtype)


def _power(samples: Tensor, length: int, hop: int) -> Tensor:
    window = torch.hann_window(length, dtype=samples.dtype, device=samples.device)
    padded = torch.nn.functional.pad(samples[:, 0], (0, max(0, length - samples.shape[-1])))
    return power(padded.unfold(-1, length, hop) * window, length)


def _pearson(
    x: Tensor, y: Tensor, inside: Tensor, dims: tuple[int, ...]
) -> tuple[Tensor, Tensor, Tensor]:
    """(r, variance of x, variance of y) over `dims` where `inside` is 1; r = 0 if one is flat."""
    count = inside.expand_as(x).sum(dims, keepdim=True, dtype=torch.float64).clamp(min=1.0)

    def mean(values: Tensor) -> Tensor:
        return values.sum(dims, keepdim=True, dtype=torch.float64) / count

    x, y = ((side - mean(side * inside).to(side.dtype)).mul_(inside) for side in (x, y))
    x_var, y_var, covariance = (mean(p).squeeze(dims) for p in (x * x, y * y, x * y))
    is_flat = (x_var <= _FLAT) | (y_var <= _FLAT)
    r = covariance / torch.where(is_flat, 1.0, x_var * y_var).sqrt()
    return torch.where(is_flat, 0.0, r.clamp(-1.0, 1.0)), x_var, y_var
