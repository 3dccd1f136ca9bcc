"""Timbral features that have a robust definition: how bright and how deep a sound is.

Both come from the long-term power spectrum, so neither depends on level. Sharpness, which needs the
level at the ear, has a module of its own. Warmth, boominess and hardness have no agreed definition
(those of AudioCommons are regressions on ratings of single sounds): they are absent rather than
approximated.
"""

from __future__ import annotations

import functools

import numpy as np
import torch
from torch import Tensor

from .batch import View
from .facts import Facts
from .registry import register
from .spectra import ERB, Spectra, band_powers, scale_of, spectra

DEPTH_EDGES_HZ = (30.0, 200.0)

_facts = functools.partial(
    Facts, low=0.0, high=None, direction="lower", level="matched", channels="mono", version="1"
)


@register(
    _facts(
        id="brightness_error_erb",
        title="Brightness error",
        unit="ERB",
        validated_for="brightness of single instrument tones",
        citation="Schubert, Wolfe: Does timbral brightness scale with frequency and spectral "
        "centroid? Acta Acustica 92, 2006; scale of Glasberg and Moore, 1990",
        description=(
            "Absolute difference of the centroid of the long-term power in 40 ERB bands "
            "(50 Hz–16 kHz, up to half the rate) on the ERB-rate scale. 1 ERB is about the width "
            "of an auditory filter."
        ),
    )
)
def brightness_error_erb(view: View) -> Tensor:
    """|centroid(estimate) − centroid(reference)|, ERB."""
    rates = scale_of("erb", ERB.edges_hz()[1:-1])
    parts = band_powers(view, ERB)
    centres = torch.from_numpy(rates[: parts[0].reference.shape[-1]]).to(view.estimate.device)

    def centroid(part: Spectra, side: Tensor) -> Tensor:
        power = _long_term(part, side)
        return (power @ centres) / power.sum(-1)

    return torch.cat([(centroid(p, p.estimate) - centroid(p, p.reference)).abs() for p in parts])


@register(
    _facts(
        id="depth_error_db",
        title="Depth error",
        unit="dB",
        citation="after AudioCommons D5.2 (2017): share of low-frequency energy",
        description=(
            "Absolute difference of the level of the long-term power from 30 to 200 Hz relative "
            "to that of all frequencies above 30 Hz, floored at −60 dB."
        ),
    )
)
def depth_error_db(view: View) -> Tensor:
    """|ΔL| of the share of power in 30–200 Hz, dB."""
    parts = spectra(view)
    bins_hz = np.linspace(0.0, view.rate / 2, parts[0].reference.shape[-1])
    low, high = DEPTH_EDGES_HZ
    heard = torch.from_numpy(bins_hz >= low).to(view.estimate.device)
    deep = torch.from_numpy((bins_hz >= low) & (bins_hz <= high)).to(view.estimate.device)

    def depth_db(part: Spectra, side: Tensor) -> Tensor:
        power = _long_term(part, side)
        share = (power * deep).sum(-1) / (power * heard).sum(-1).clamp(min=1e-30)
        return 10.0 * share.clamp(min=1e-6).log10()

    return torch.cat([(depth_db(p, p.estimate) - depth_db(p, p.reference)).abs() for p in parts])


def _long_term(part: Spectra, side: Tensor) -> Tensor:
    """Power summed over the frames that exist, pair × band, float64."""
    return (side * part.inside).sum(1, dtype=torch.float64)
