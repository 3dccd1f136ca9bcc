"""Sharpness: how much of the loudness lies high, by DIN 45692 over Zwicker's loudness."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from .batch import View, loudness_lufs
from .facts import Facts, package_version
from .registry import register
from .stft import power

RATE_HZ = 48_000
FRAME, HOP = 9600, 4800  # 0.2 s: bins of 5 Hz resolve the lowest third of an octave
# Sharpness depends a little on the level at the ear, so that one is agreed on.
PLAYBACK_LUFS, PLAYBACK_DB_SPL, REFERENCE_PA = -23.0, 65.0, 2e-5

_PACKAGE = "mosqito"


@register(
    Facts(
        id="sharpness_error_acum",
        title="Sharpness error",
        unit="acum",
        low=0.0,
        high=None,
        direction="lower",
        level="matched",
        channels="mono",
        rate_hz=RATE_HZ,
        packages=(_PACKAGE,),
        install="pip install 'earwitness[psychoacoustics]'",
        validated_for="sharpness of steady noises",
        citation="DIN 45692 (2009) over ISO 532-1 (2017), method for stationary sounds; package "
        "MoSQITo (Apache-2.0)",
        version=f"1 ({_PACKAGE} {package_version(_PACKAGE) or 'absent'})",
        parameters=(("playback_db_spl", PLAYBACK_DB_SPL), ("playback_lufs", PLAYBACK_LUFS)),
        description=(
            "Absolute difference of the sharpness of the long-term spectra (frames of 0.2 s), free "
            f"field, played so that {PLAYBACK_LUFS:g} LUFS is {PLAYBACK_DB_SPL:g} dB SPL at the "
            "ear. 1 acum is a narrow band of noise at 1 kHz and 60 dB; listeners hear changes of "
            "about 0.1 acum. Of stationary loudness: passages of different colour are averaged."
        ),
    )
)
def sharpness_error_acum(view: View) -> Tensor:
    """|S(estimate) − S(reference)|, acum."""
    gains = _gains(view)
    rows, back = view.distinct()
    estimate = _sharpness_acum(view.estimate, view.lengths, gains)
    reference = _sharpness_acum(view.reference[rows], view.lengths[rows], gains[rows])
    return (estimate - reference[back]).abs()


def _gains(view: View) -> Tensor:
    """From full scale to pascal for each pair, the same for both sides."""
    _, reference_lufs = loudness_lufs(view)
    known = torch.nan_to_num(reference_lufs, PLAYBACK_LUFS, PLAYBACK_LUFS, PLAYBACK_LUFS)
    level_db = PLAYBACK_DB_SPL - known  # of a signal at full scale
    return REFERENCE_PA * 10.0 ** (level_db / 20.0)


def _sharpness_acum(samples: Tensor, lengths: Tensor, gains: Tensor) -> Tensor:
    """Sharpness of each clip (clip × 1 × frame), float64."""
    from mosqito.sq_metrics import sharpness_din_freq  # imports for seconds

    spectra = _long_term(samples[:, 0].float(), lengths) * gains[:, None]
    bins_hz = np.fft.rfftfreq(FRAME, 1.0 / RATE_HZ)
    with np.errstate(invalid="ignore"):  # silence, whose gap is known, has no sharpness: 0 / 0
        found = [
            float(sharpness_din_freq(spectrum, bins_hz, weighting="din", field_type="free"))
            for spectrum in spectra.cpu().numpy()
        ]
    return torch.tensor(found, dtype=torch.float64, device=samples.device)


def _long_term(samples: Tensor, lengths: Tensor) -> Tensor:
    """Root mean square of each bin of 5 Hz over the frames of each clip, clip × bin, float64."""
    window = torch.hann_window(FRAME, device=samples.device)
    padded = torch.nn.functional.pad(samples, (0, max(0, FRAME - samples.shape[-1])))
    counts = ((lengths - FRAME) // HOP + 1).clamp(min=1)
    means = []
    for clip, count in zip(padded, counts.tolist(), strict=True):
        frames = clip.unfold(0, FRAME, HOP)[:count] * window
        means.append(power(frames, FRAME).mean(0, dtype=torch.float64))
    density = torch.stack(means) * 2.0 / (FRAME * float(window.square().sum()))
    density[:, [0, -1]] /= 2.0
    return density.sqrt()
