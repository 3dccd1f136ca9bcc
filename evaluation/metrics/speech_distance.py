"""Distances of short-time spectra of speech: log-spectral, mel-cepstral, loudness contour.

All three are taken frame by frame on the shared spectrogram (`spectra.py`).
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor

from .agreement import is_flat, pearson
from .batch import Gap, Scores, View
from .facts import Facts
from .registry import register
from .spectra import (
    MEL64,
    SPECTROGRAM,
    Spectra,
    band_powers,
    frame_samples,
    levels_db,
    spectra,
)

COEFFICIENTS = 13
CONTOUR_RANGE_DB = 60.0

_facts = functools.partial(
    Facts,
    level="matched",
    channels="mono",
    tasks=("speech",),
    version="1",
)


@register(
    _facts(
        id="lsd_db",
        title="Log-spectral distance",
        unit="dB",
        low=0.0,
        high=None,
        direction="lower",
        citation="Gray, Markel: Distance measures for speech processing, IEEE TASSP 24(5), 1976",
        description=(
            "Root mean square over the bins (25 Hz) of the difference in level, averaged over the "
            f"frames, of the {SPECTROGRAM}. Counts bins between harmonics as much as harmonics."
        ),
    )
)
def lsd_db(view: View) -> Tensor:
    """Mean over frames of sqrt(mean over bins of ΔL²)."""
    parts = (levels_db(part) for part in spectra(view))
    return _frame_mean(
        [_distance(part, lambda gap: gap.square().mean(-1).sqrt()) for part in parts]
    )


@register(
    _facts(
        id="mcd_db",
        title="Mel-cepstral distortion",
        unit="dB",
        low=0.0,
        high=None,
        direction="lower",
        validated_for="converted and synthesised voices in time with the original",
        validated_tasks=("speech",),
        citation="Kubichek: Mel-cepstral distance measure, IEEE PACRIM 1993",
        description=(
            f"10/ln 10 · √(2 Σ Δc²) over the cepstral coefficients 1–{COEFFICIENTS}, averaged over "
            "the frames, without time warping: the root mean square of the part of the difference "
            "in level that these describe. ln|S| = c₀ + Σ cₖ cos πk(b + ½)/64 in 64 mel bands from "
            f"50 Hz to 8 kHz, from the {SPECTROGRAM}. "
            "Values from other cepstra (SPTK, WORLD, MFCC of libraries) are on other scales."
        ),
    )
)
def mcd_db(view: View) -> Tensor:
    """Mean over frames of 10/ln 10 · sqrt(2 Σ (c − ĉ)²)."""
    parts = [levels_db(part) for part in band_powers(view, MEL64)]
    # Δc = ln 10 / 20 · 2 · (series of the difference in dB): the factors cancel to √2.
    basis = cosine_series(parts[0].reference.shape[-1], COEFFICIENTS).to(parts[0].reference)
    scale = math.sqrt(2.0)
    return _frame_mean(
        [_distance(part, lambda gap: scale * (gap @ basis.T).norm(dim=-1)) for part in parts]
    )


@register(
    _facts(
        id="loudness_contour_error_db",
        title="Loudness contour error",
        unit="dB",
        low=0.0,
        high=None,
        direction="lower",
        citation="IEC 61672-1:2013, Annex E (A-weighting); contour after DDSP (ICLR 2020)",
        description=(
            "Mean absolute difference of the A-weighted level of each 40 ms frame, floored 60 dB "
            "under the reference's loudest frame, after both have one loudness."
        ),
    )
)
def loudness_contour_error_db(view: View) -> Tensor:
    """Mean over frames of |ΔL_A|."""
    return _frame_mean([_distance(part, lambda gap: gap[..., 0].abs()) for part in _contours(view)])


@register(
    _facts(
        id="pcc_loudness_contour",
        title="Loudness contour correlation",
        unit="",
        low=-1.0,
        high=1.0,
        direction="higher",
        has_chance=True,
        citation="Pearson's r (1896) of the A-weighted level (IEC 61672-1:2013, Annex E)",
        description=(
            "Pearson correlation over time of the A-weighted level in dB of each 40 ms frame, "
            "floored 60 dB under the reference's loudest frame."
        ),
    )
)
def pcc_loudness_contour(view: View) -> Scores:
    """r over frames."""
    parts = _contours(view)
    values = torch.cat([pearson(p.estimate, p.reference, p.inside) for p in parts])
    flat = [
        is_flat(part.estimate[..., 0], part.inside[..., 0])
        | is_flat(part.reference[..., 0], part.inside[..., 0])
        for part in parts
    ]
    return Scores(values, (Gap(torch.cat(flat), "a loudness contour is constant"),))


def cosine_series(bands: int, count: int) -> Tensor:
    """Rows that give half the coefficients 1 … count of f(b) = c₀ + Σ cₖ cos πk(b + ½)/bands."""
    order, band = np.arange(1, count + 1)[:, None], np.arange(bands)[None, :]
    return torch.from_numpy(np.cos(np.pi * order * (band + 0.5) / bands) / bands)


def a_weights(frequencies_hz: Tensor) -> Tensor:
    """Power weights of IEC 61672-1, equation E.6; 1 at 1 kHz."""
    f2 = frequencies_hz.double().square()
    low, mid_low, mid_high, high = (hz * hz for hz in (20.598997, 107.65265, 737.86223, 12194.217))
    amplitude = high * f2 * f2
    amplitude /= (f2 + low) * ((f2 + mid_low) * (f2 + mid_high)).sqrt() * (f2 + high)
    weights: Tensor = (amplitude * 10.0 ** (2.0 / 20.0)).square()
    return weights


def _contours(view: View) -> list[Spectra]:
    """A-weighted level in dB, pair × frame × 1."""

    def make() -> list[Spectra]:
        bins = torch.linspace(0.0, view.rate / 2, frame_samples(view.rate) // 2 + 1)
        weights = a_weights(bins)[:, None].to(view.estimate.device, torch.float32)
        powers = [part.on_both(lambda side: side @ weights) for part in spectra(view)]
        return [levels_db(power, CONTOUR_RANGE_DB) for power in powers]

    return view.memo("loudness contour", make)


def _distance(part: Spectra, of_frame: Callable[[Tensor], Tensor]) -> tuple[Tensor, Tensor]:
    """(sum over the frames of a function of the difference, number of frames) of each pair."""
    distances = of_frame(part.estimate - part.reference).double() * part.inside[..., 0]
    return distances.sum(1), part.frames


def _frame_mean(parts: Sequence[tuple[Tensor, Tensor]]) -> Tensor:
    return torch.cat([total / frames.clamp(min=1.0) for total, frames in parts])
