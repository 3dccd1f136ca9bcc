"""Pearson correlations of log spectrograms.

"Correlation" has as many values as definitions, so each id names one. All are taken on the
logarithm of one spectrogram (`spectra.py`): on its bins of 25 Hz, or on 64 mel bands.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence

import torch
from torch import Tensor

from .agreement import best_over_lags, moments, pearson
from .batch import Gap, Scores, View
from .facts import Facts
from .registry import register
from .spectra import HOP_S, MEL64, SPECTROGRAM, Spectra, band_powers, levels_db, spectra

LONGEST_LAG_S = 0.1
# Variance in dB² below which a row holds nothing but the floor and rounding.
_FLAT_DB2 = 1e-8
_SOURCE = "Pearson's r (1896); {} as reported in speech-decoding studies"
_FLAT_REASON = "a log spectrogram is constant"
_FLAT_BANDS_REASON = "a log spectrogram is constant over time in every band"
_MEL = "64 triangular mel bands of equal width on the scale from 50 Hz to 8 kHz"

_facts = functools.partial(
    Facts,
    unit="",
    low=-1.0,
    high=1.0,
    direction="higher",
    level="matched",
    channels="mono",
    has_chance=True,
)


@register(
    _facts(
        id="pcc_logstft_global",
        title="Spectrogram correlation (global)",
        citation=_SOURCE.format("one value over the whole spectrogram,"),
        version="1",
        description=(
            "Pearson correlation over all bins (25 Hz) and frames at once of the logarithm of the "
            f"{SPECTROGRAM}. High for any two signals with the same long-term spectrum."
        ),
    )
)
def pcc_logstft_global(view: View) -> Scores:
    """r over bins × frames jointly."""
    return _global(_levels(view))


@register(
    _facts(
        id="pcc_logstft_band_mean",
        title="Spectrogram correlation (mean over bins)",
        citation=_SOURCE.format("mean over frequency bands,"),
        version="1",
        description=(
            "Pearson correlation over time in each bin (25 Hz), averaged over the bins in which "
            f"the reference is not constant, of the logarithm of the {SPECTROGRAM}. A bin in "
            "which only the estimate is constant counts 0. Blind to the long-term spectrum."
        ),
    )
)
def pcc_logstft_band_mean(view: View) -> Scores:
    """Mean over bins of r over frames."""
    return _band_mean(_levels(view))


@register(
    _facts(
        id="pcc_logmel64",
        title="Log-mel correlation (global)",
        citation=_SOURCE.format("one value over a mel spectrogram in dB,"),
        version="1",
        description=(
            f"Pearson correlation over all bands and frames at once of the level in {_MEL}, from "
            f"the {SPECTROGRAM}. High for any two signals with the same long-term spectrum."
        ),
    )
)
def pcc_logmel64(view: View) -> Scores:
    """r over bands × frames jointly."""
    return _global(_mel_levels(view))


@register(
    _facts(
        id="pcc_logmel64_band_mean",
        title="Log-mel correlation (mean over bands)",
        citation=_SOURCE.format("mean over mel bands,"),
        version="1",
        description=(
            f"Pearson correlation over time of the level in each of {_MEL}, averaged over the "
            "bands in which the reference is not constant; a band in which only the estimate is "
            f"constant counts 0. From the {SPECTROGRAM}. Blind to the long-term spectrum."
        ),
    )
)
def pcc_logmel64_band_mean(view: View) -> Scores:
    """Mean over bands of r over frames."""
    return _band_mean(_mel_levels(view))


@register(
    _facts(
        id="pcc_logmel64_lagged",
        title="Log-mel correlation (best lag)",
        citation=_SOURCE.format("one value over a mel spectrogram in dB,"),
        version="1",
        description=(
            "The largest value that `pcc_logmel64` takes when the estimate is shifted by up to "
            "±100 ms in steps of 10 ms. A search finds something in any two signals: compare it "
            "with its chance level, which is searched in the same way."
        ),
        delay="the best lag within ±100 ms, in steps of 10 ms",
    )
)
def pcc_logmel64_lagged(view: View) -> Scores:
    """max over lags of r over bands × frames."""
    parts = _mel_levels(view)
    most = round(LONGEST_LAG_S / HOP_S)
    values = [best_over_lags(pearson, p.estimate, p.reference, p.inside, most) for p in parts]
    return Scores(torch.cat(values), _global(parts).gaps)


def _levels(view: View) -> list[Spectra]:
    return view.memo("levels", lambda: [levels_db(part) for part in spectra(view)])


def _mel_levels(view: View) -> list[Spectra]:
    return view.memo("mel levels", lambda: [levels_db(p) for p in band_powers(view, MEL64)])


def _global(parts: Sequence[Spectra]) -> Scores:
    found = [moments(part.estimate, part.reference, part.inside, (1, 2)) for part in parts]
    _, _, x_var, y_var, covariance = (torch.cat(values) for values in zip(*found, strict=True))
    is_flat = torch.minimum(x_var, y_var) <= _FLAT_DB2
    return Scores(_r(x_var, y_var, covariance), (Gap(is_flat, _FLAT_REASON),))


def _band_mean(parts: Sequence[Spectra]) -> Scores:
    found = [moments(part.estimate, part.reference, part.inside, (1,)) for part in parts]
    _, _, x_var, y_var, covariance = (torch.cat(values) for values in zip(*found, strict=True))
    used = y_var > _FLAT_DB2
    mean = (_r(x_var, y_var, covariance) * used).sum(-1) / used.sum(-1).clamp(min=1)
    is_flat = torch.minimum(x_var.amax(-1), y_var.amax(-1)) <= _FLAT_DB2
    return Scores(mean, (Gap(is_flat, _FLAT_BANDS_REASON),))


def _r(x_var: Tensor, y_var: Tensor, covariance: Tensor) -> Tensor:
    """r, 0 where a side is flat."""
    is_flat = torch.minimum(x_var, y_var) <= _FLAT_DB2
    r = covariance / torch.where(is_flat, 1.0, x_var * y_var).sqrt()
    return torch.where(is_flat, 0.0, r.clamp(-1.0, 1.0))
