"""Scale-invariant signal-to-distortion ratio."""

from __future__ import annotations

import torch
from torch import Tensor

from .batch import View
from .facts import Facts
from .registry import register

# float32 audio resolves about 140 dB; beyond ±100 dB the ratio measures rounding.
LIMIT_DB = 100.0


@register(
    Facts(
        id="si_sdr_db",
        title="SI-SDR",
        unit="dB",
        low=-LIMIT_DB,
        high=LIMIT_DB,
        direction="higher",
        level="as_is",
        channels="all",
        validated_for="separated and enhanced speech, whose phase is kept",
        citation="Le Roux, Wisdom, Erdogan, Hershey: SDR – half-baked or well done? ICASSP 2019",
        version="1",
        description=(
            "Energy of the reference, scaled to fit the estimate, over the energy of what remains. "
            "The mean of each channel is removed; one scale serves all channels, so a changed "
            "panorama is an error. Blind to a common gain, sensitive to any delay or phase change. "
            f"Saturates at ±{LIMIT_DB:.0f} dB."
        ),
    )
)
def si_sdr_db(view: View) -> Tensor:
    """10 lg(‖αs‖² / ‖αs − ŝ‖²) with α = ⟨ŝ, s⟩ / ‖s‖² (section 2, equation 3)."""
    return torch.cat([_ratio_db(chunk) for chunk in view.chunks()])


def _ratio_db(view: View) -> Tensor:
    estimate, reference = _centred(view.estimate, view), _centred(view.reference, view)
    scale = (estimate * reference).sum((1, 2)) / reference.square().sum((1, 2))
    target = scale[:, None, None] * reference
    ratio = target.square().sum((1, 2)) / (target - estimate).square().sum((1, 2))
    return (10.0 * torch.log10(ratio)).clamp(-LIMIT_DB, LIMIT_DB)


def _centred(samples: Tensor, view: View) -> Tensor:
    samples = samples.double()
    inside = torch.arange(samples.shape[-1], device=samples.device) < view.lengths[:, None]
    mean = samples.sum(-1, keepdim=True) / view.lengths[:, None, None]
    return (samples - mean) * inside[:, None]
