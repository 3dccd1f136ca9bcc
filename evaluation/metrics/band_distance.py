"""Distances of band levels on three frequency scales, and the similarity of mean cepstra."""

from __future__ import annotations

import functools

import torch
from torch import Tensor

from .batch import Gap, Scores, View
from .facts import Facts
from .registry import register
from .spectra import BARK, ERB, MEL64, SPECTROGRAM, Scale, Spectra, band_powers, levels_db
from .speech_distance import cosine_series

COEFFICIENTS = 20

_WHAT = "Mean over bands and frames of the absolute difference in level, in "
_SHAPE = "triangular bands of equal width on the {} scale from 50 Hz to {} Hz"
_REST = f"; bands above half the rate are left out. From the {SPECTROGRAM}."
_facts = functools.partial(Facts, level="matched", channels="mono", version="1")


@register(
    _facts(
        id="mel_distance_db",
        title="Mel-band distance",
        unit="dB",
        low=0.0,
        high=None,
        direction="lower",
        citation="O'Shaughnessy: Speech Communication, 1987 (the scale)",
        description=f"{_WHAT}64 {_SHAPE.format('mel', '8000')}{_REST}",
    )
)
def mel_distance_db(view: View) -> Tensor:
    """Mean |ΔL| in 64 mel bands."""
    return _distance(view, MEL64)


@register(
    _facts(
        id="bark_distance_db",
        title="Bark-band distance",
        unit="dB",
        low=0.0,
        high=None,
        direction="lower",
        citation="Traunmüller: Analytical expressions for the tonotopic scale, JASA 88, 1990",
        description=f"{_WHAT}24 {_SHAPE.format('Bark', '15500')}{_REST}",
    )
)
def bark_distance_db(view: View) -> Tensor:
    """Mean |ΔL| in 24 Bark bands."""
    return _distance(view, BARK)


@register(
    _facts(
        id="erb_distance_db",
        title="ERB-band distance",
        unit="dB",
        low=0.0,
        high=None,
        direction="lower",
        citation="Glasberg, Moore: Derivation of auditory filter shapes, Hear. Res. 47, 1990",
        description=f"{_WHAT}40 {_SHAPE.format('ERB-rate', '16000')}{_REST}",
    )
)
def erb_distance_db(view: View) -> Tensor:
    """Mean |ΔL| in 40 ERB bands."""
    return _distance(view, ERB)


@register(
    _facts(
        id="mfcc_cosine",
        title="MFCC cosine similarity",
        unit="",
        low=-1.0,
        high=1.0,
        direction="higher",
        has_chance=True,
        citation="Davis, Mermelstein, IEEE TASSP 28(4), 1980 (the coefficients)",
        description=(
            f"Cosine of the angle between the mean cepstra (coefficients 1–{COEFFICIENTS} of the "
            "level in 64 mel bands, averaged over the frames) of estimate and reference. Compares "
            f"long-term timbre only: blind to gain, order and timing. From the {SPECTROGRAM}."
        ),
    )
)
def mfcc_cosine(view: View) -> Scores:
    """⟨c̄, ĉ⟩ / (‖c̄‖ ‖ĉ‖)."""
    estimate, reference = (torch.cat(side) for side in zip(*_mean_cepstra(view), strict=True))
    norms = estimate.norm(dim=-1), reference.norm(dim=-1)
    is_flat = torch.minimum(*norms) < 1e-6
    cosine = (estimate * reference).sum(-1) / (norms[0] * norms[1]).clamp(min=1e-30)
    gap = Gap(is_flat, "a mean spectrum has the same level in all mel bands")
    return Scores(cosine.clamp(-1.0, 1.0), (gap,))


def _mean_cepstra(view: View) -> list[tuple[Tensor, Tensor]]:
    parts = _levels(view, MEL64)
    bands = parts[0].reference.shape[-1]
    basis = cosine_series(bands, min(COEFFICIENTS, bands - 1)).to(view.estimate.device)
    return [(_mean(p, p.estimate) @ basis.T, _mean(p, p.reference) @ basis.T) for p in parts]


def _mean(part: Spectra, side: Tensor) -> Tensor:
    """Over the frames that exist, pair × band, float64."""
    total = (side * part.inside).sum(1, dtype=torch.float64)
    return total / part.frames.clamp(min=1.0)[:, None]


def _distance(view: View, scale: Scale) -> Tensor:
    distances = [
        _mean(part, (part.estimate - part.reference).abs()).mean(-1)
        for part in _levels(view, scale)
    ]
    return torch.cat(distances)


def _levels(view: View, scale: Scale) -> list[Spectra]:
    return view.memo(
        ("levels", scale), lambda: [levels_db(part) for part in band_powers(view, scale)]
    )
