"""Signal-to-distortion ratio of BSSEval: any filter of 512 taps on the reference is forgiven."""

from __future__ import annotations

import scipy.fft
import torch
from torch import Tensor

from .batch import Gap, Scores, View
from .facts import Facts
from .registry import register

TAPS = 512
FEWEST_FRAMES = 4 * TAPS
LIMIT_DB = 100.0
# Added to the diagonal, relative to the reference's energy: references without content in some
# band leave the equations singular.
_LOADING = 1e-12


@register(
    Facts(
        id="sdr_db",
        title="SDR (512 taps)",
        unit="dB",
        low=-LIMIT_DB,
        high=LIMIT_DB,
        direction="higher",
        level="as_is",
        channels="mono",
        tasks=("speech",),
        validated_for="separated voices and instruments, whose phase is kept",
        citation=(
            "Vincent, Gribonval, Févotte: Performance measurement in blind audio source "
            "separation, IEEE TASLP 14(4), 2006; BSSEval"
        ),
        version="1",
        description=(
            "Energy of the reference after the causal filter of 512 taps that fits the estimate "
            "best, over the energy of what remains. Forgives gain, equalisation and a delay of up "
            f"to 511 samples of the estimate. Needs {FEWEST_FRAMES} frames. "
            f"Saturates at ±{LIMIT_DB:.0f} dB."
        ),
        delay="up to 511 samples of delay are part of the filter",
    )
)
def sdr_db(view: View) -> Scores:
    """10 lg(‖Ps‖² / ‖ŝ − Ps‖²) with P the projection onto 512 delays of s."""
    reason = f"shorter than the {FEWEST_FRAMES} frames that a filter of {TAPS} taps cannot imitate"
    gap = Gap(view.lengths < FEWEST_FRAMES, reason, "not_applicable")
    return Scores(torch.cat([_ratio_db(chunk) for chunk in view.chunks()]), (gap,))


def _ratio_db(view: View) -> Tensor:
    estimate, reference = (_unit(side[:, 0].double()) for side in (view.estimate, view.reference))
    size = int(scipy.fft.next_fast_len(reference.shape[-1] + TAPS, real=True))
    spectrum = torch.fft.rfft(reference, size)
    power = spectrum.real.square() + spectrum.imag.square()
    own = torch.fft.irfft(power, size)[:, :TAPS]
    cross = torch.fft.irfft(spectrum.conj() * torch.fft.rfft(estimate, size), size)[:, :TAPS]
    own[:, 0] += _LOADING
    lag = torch.arange(TAPS, device=own.device)
    equations = own[:, (lag[:, None] - lag[None, :]).abs()]
    taps = torch.linalg.solve(equations, cross[..., None])[..., 0]
    explained = (taps * cross).sum(-1).clamp(0.0, 1.0)
    ratio = explained / (1.0 - explained)
    level_db: Tensor = (10.0 * ratio.log10()).nan_to_num(LIMIT_DB)
    return level_db.clamp(-LIMIT_DB, LIMIT_DB)


def _unit(samples: Tensor) -> Tensor:
    unit: Tensor = samples / samples.norm(dim=-1, keepdim=True)
    return unit
