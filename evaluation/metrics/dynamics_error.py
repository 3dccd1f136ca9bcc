"""Errors of the maxima of loudness, loudness range, true peak and the ratios between them."""

from __future__ import annotations

import functools
from dataclasses import replace

import torch
from torch import Tensor

from .batch import Scores, View, each_side, loudness_lufs, unmeasurable
from .difference import register_error
from .facts import Facts
from .meter import MOMENTARY_STEPS, SHORT_TERM_STEPS, loudness_range_lu, maximum_lufs
from .readings import Reading, reading
from .true_peak import sample_peaks, true_peaks

_TRUE_PEAK = (
    "True peak by four-fold oversampling (Hann-windowed sinc of 49 taps at any rate), the largest "
    "over the channels; values over full scale are not clamped."
)
_BASE = Facts(
    id="momentary_loudness_error_lu",
    title="Momentary loudness error",
    unit="LU",
    low=0.0,
    high=None,
    direction="lower",
    level="as_is",
    channels="all",
    citation="EBU Tech 3341 (2016); ITU-R BS.1770-5 (2023), Annex 1",
    version="1",
    description=(
        "Absolute difference of the largest momentary loudness: 400 ms blocks every 10 ms, "
        "ungated. Not applicable where the evaluation, not the system, set the level."
    ),
    measures_level=True,
)


@register_error(_BASE)
def momentary_loudness_error_lu(view: View) -> Scores:
    """Max M(estimate) − max M(reference), LU."""
    found = _maximum(view, MOMENTARY_STEPS)
    return Scores(found.difference, found.gaps)


@register_error(
    replace(
        _BASE,
        id="short_term_loudness_error_lu",
        title="Short-term loudness error",
        description=(
            "Absolute difference of the largest short-term loudness: 3 s blocks every 10 ms, "
            "ungated. Needs 3 s. Not applicable where the evaluation, not the system, set the "
            "level."
        ),
    )
)
def short_term_loudness_error_lu(view: View) -> Scores:
    """Max S(estimate) − max S(reference), LU."""
    found = _maximum(view, SHORT_TERM_STEPS)
    return Scores(found.difference, found.gaps)


@register_error(
    replace(
        _BASE,
        id="lra_error_lu",
        title="Loudness range error",
        citation="EBU Tech 3342 (2016)",
        description=(
            "Absolute difference of loudness range (LRA): nearest-rank 10th to 95th percentile of "
            "3 s blocks every second, gates at −70 LUFS and −20 LU. Only whole blocks inside the "
            "clip count; no silence is appended. Needs 3 s; over fewer than about 20 s it rests "
            "on few blocks. A gain does not change it."
        ),
        measures_level=False,
    ),
    twin=True,
)
def lra_error_lu(view: View) -> Scores:
    """LRA(estimate) − LRA(reference), LU."""
    found = reading(view, loudness_range_lu, SHORT_TERM_STEPS)
    return Scores(found.difference, found.gaps)


@register_error(
    replace(
        _BASE,
        id="true_peak_error_db",
        title="True peak error",
        unit="dB",
        citation="ITU-R BS.1770-5 (2023), Annex 2",
        description=(
            f"Absolute difference of true peak level. {_TRUE_PEAK} "
            "Not applicable where the evaluation, not the system, set the level."
        ),
    ),
    twin=True,
)
def true_peak_error_db(view: View) -> Scores:
    """TP(estimate) − TP(reference), dB."""
    estimate, reference = true_peaks_dbtp(view)
    return Scores(estimate - reference)


@register_error(
    replace(
        _BASE,
        id="crest_error_db",
        title="Crest factor error",
        unit="dB",
        citation="IEC 60268-3 (2013): ratio of peak to root mean square value",
        description=(
            "Absolute difference of the crest factor: largest absolute sample over the RMS, both "
            "over all channels of the whole clip. A gain does not change it."
        ),
        measures_level=False,
    )
)
def crest_error_db(view: View) -> Scores:
    """Crest(estimate) − crest(reference), dB."""
    estimate, reference = each_side(view, "crest_db", _crest_db)
    return Scores(estimate - reference)


@register_error(
    replace(
        _BASE,
        id="plr_error_lu",
        title="Peak to loudness ratio error",
        citation="AES TD1004 (2015): peak to loudness ratio",
        description=(
            "Absolute difference of the peak to loudness ratio: true peak − integrated loudness. "
            f"{_TRUE_PEAK} A gain does not change it; limiting and compression lower the ratio."
        ),
        measures_level=False,
    )
)
def plr_error_lu(view: View) -> Scores:
    """PLR(estimate) − PLR(reference), LU."""
    ratios = (
        peak - loudness
        for peak, loudness in zip(true_peaks_dbtp(view), loudness_lufs(view), strict=True)
    )
    estimate, reference = ratios
    return Scores(estimate - reference, unmeasurable(view))


@register_error(
    replace(
        _BASE,
        id="psr_error_lu",
        title="Peak to short-term loudness ratio error",
        citation="AES TD1004 (2015): peak to short-term loudness ratio",
        description=(
            "Absolute difference of the peak to short-term loudness ratio of the whole clip: true "
            f"peak − largest short-term loudness. {_TRUE_PEAK} Needs 3 s. A gain does not change "
            "it."
        ),
        measures_level=False,
    )
)
def psr_error_lu(view: View) -> Scores:
    """PSR(estimate) − PSR(reference), LU."""
    estimate, reference = true_peaks_dbtp(view)
    loudness = _maximum(view, SHORT_TERM_STEPS)
    return Scores(estimate - reference - loudness.difference, loudness.gaps)


def true_peaks_dbtp(view: View) -> tuple[Tensor, Tensor]:
    """True peak level of (estimate, reference), dBTP per pair."""
    return each_side(view, "true_peak_dbtp", _true_peak_dbtp)


def _maximum(view: View, steps: int) -> Reading:
    return view.memo(
        ("maximum", steps),
        lambda: reading(view, functools.partial(maximum_lufs, steps=steps), steps),
    )


def _true_peak_dbtp(samples: Tensor, _lengths: Tensor, _rate: int) -> Tensor:
    return 20.0 * torch.log10(true_peaks(samples).double())


def _crest_db(samples: Tensor, lengths: Tensor, _rate: int) -> Tensor:
    energy = torch.linalg.vector_norm(samples, dim=(1, 2), dtype=torch.float64).square()
    power = energy / (lengths * samples.shape[1])
    return 20.0 * torch.log10(sample_peaks(samples).double()) - 10.0 * torch.log10(power)
