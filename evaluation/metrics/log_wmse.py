"""logWMSE: the logarithm of an error weighted as hearing weights frequencies."""

from __future__ import annotations

import functools
import math

import numpy as np
import scipy.fft
import torch
from torch import Tensor

from earwitness.stimuli.errors import ModelError

from .batch import View
from .facts import Facts, package_version
from .packaged import packaged_file
from .registry import register

RATE_HZ = 44_100
SCALER, EPSILON = -4.0, 1e-8
TAPS = 4000
SMALLEST_POWER = 1e-16  # of the reference's weighted samples

_PACKAGE = "torch-log-wmse"


@register(
    Facts(
        id="log_wmse",
        title="logWMSE",
        unit="",
        low=None,
        high=SCALER * math.log(EPSILON),
        direction="higher",
        level="matched",
        channels="all",
        rate_hz=RATE_HZ,
        tasks=("mix", "style"),
        packages=(_PACKAGE,),
        install=f"pip install --no-deps {_PACKAGE}",
        citation="Nomono: log-WMSE audio quality, 2023; torch-log-wmse 1.1 (Apache-2.0), whose "
        "filter of hearing it reads",
        version=f"1 ({_PACKAGE} {package_version(_PACKAGE) or 'absent'})",
        parameters=(("scaler", SCALER), ("epsilon", EPSILON)),
        description=(
            "−4 times the natural logarithm of the mean squared error over the mean square of the "
            "input, both after the package's filter of hearing sensitivity; mean over the "
            "channels. The input, which a mixing system has in another form than a separator, is "
            "the reference: log_wmse(unprocessed = target). 10 more is an error 11 dB lower. "
            "Sensitive to any delay or phase change."
        ),
    )
)
def log_wmse(view: View) -> Tensor:
    """−4 ln(‖h∗(ŝ − s)‖² / ‖h∗s‖² + ε)."""
    return torch.cat([_scores(chunk) for chunk in view.chunks()])


def _scores(view: View) -> Tensor:
    error = _energy(view.estimate.double() - view.reference)
    floor = SMALLEST_POWER * view.lengths[:, None]
    reference = view.of_reference(lambda samples, _: _energy(samples.double())).clamp(min=floor)
    return (SCALER * (error / reference + EPSILON).log()).mean(-1)


def _energy(samples: Tensor) -> Tensor:
    """Of the filtered signal, its tail included: clip × channel. By Parseval, without filtering."""
    size = scipy.fft.next_fast_len(samples.shape[-1] + TAPS - 1, real=True)
    spectrum = torch.fft.rfft(samples, size)
    power = spectrum.real.square() + spectrum.imag.square()
    energy: Tensor = power @ _weights(size).to(samples.device)
    return energy


@functools.lru_cache(maxsize=8)
def _weights(size: int) -> Tensor:
    """|H|² of each bin of a real transform, counted as often as the whole transform has it."""
    content = packaged_file(_PACKAGE, "torch_log_wmse/filter_ir.f32").read_bytes()
    if len(content) != 4 * TAPS:
        raise ModelError(f"{_PACKAGE}: its filter has another length than {TAPS}")
    response = np.fft.rfft(np.frombuffer(content, dtype="<f4").astype(np.float64), size)
    twice = np.full(len(response), 2.0)
    twice[0] = 1.0
    if size % 2 == 0:
        twice[-1] = 1.0
    return torch.from_numpy(np.abs(response) ** 2 * twice / size)
