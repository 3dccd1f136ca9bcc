"""The voice encoder GE2E (Wan et al., ICASSP 2018) with the weights of Resemblyzer, Apache-2.0.

Power in 40 mel bands (Slaney's scale, unit area, frames of 25 ms every 10 ms) through a recurrent
network of three layers to a vector of length 1. Windows quieter than −30 dBFS are raised to that
first, as its authors do with whole clips.
"""

from __future__ import annotations

import functools
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from .packaged import load_weights, packaged_file

Values = npt.NDArray[np.float64]

RATE_HZ = 16_000
MEL_FRAME, HOP, BANDS = 400, 160, 40
PARTIAL_FRAMES = 160
QUIET_DBFS = -30.0


def load_voice_encoder(device: str) -> Callable[[Tensor], Tensor]:
    """Windows of 1.615 s (window × 25,840 samples) → voices (window × 256).

    Raises:
        ModelError: the weights are missing.
    """
    path = packaged_file("resemblyzer", "resemblyzer/pretrained.pt")
    weights = load_weights(path, device)["model_state"]
    network = torch.nn.LSTM(BANDS, 256, 3, batch_first=True)
    network.load_state_dict(
        {key.removeprefix("lstm."): one for key, one in weights.items() if key.startswith("lstm.")}
    )
    bank = torch.from_numpy(slaney_bank(RATE_HZ, MEL_FRAME, BANDS)).float().to(device)
    return functools.partial(
        _voices,
        network=network.to(device).eval(),
        bank=bank,
        window=torch.hann_window(MEL_FRAME, device=device),
        weight=weights["linear.weight"],
        bias=weights["linear.bias"],
    )


def _voices(
    windows: Tensor,
    *,
    network: torch.nn.LSTM,
    bank: Tensor,
    window: Tensor,
    weight: Tensor,
    bias: Tensor,
) -> Tensor:
    level_dbfs = 10.0 * windows.square().mean(1, keepdim=True).clamp(min=1e-20).log10()
    raised = windows * 10.0 ** ((QUIET_DBFS - level_dbfs).clamp(0.0, 60.0) / 20.0)
    spectrum = torch.fft.rfft(raised.unfold(1, MEL_FRAME, HOP) * window)
    mel = (spectrum.real.square() + spectrum.imag.square()) @ bank.T
    _, (hidden, _) = network(mel)
    voice = torch.nn.functional.linear(hidden[-1], weight, bias).relu()
    unit: Tensor = voice / voice.norm(dim=1, keepdim=True).clamp(min=1e-12)
    return unit


def slaney_bank(rate: int, size: int, bands: int) -> Values:
    """Triangles of unit area on Slaney's mel scale (Auditory Toolbox, 1998), band × bin.

    Linear to 1 kHz (15 mels), then 27 steps for each factor of 6.4; from 0 to half the rate.
    """
    step_hz, knee_hz = 200.0 / 3.0, 1000.0
    knee, ratio = knee_hz / step_hz, np.log(6.4) / 27.0
    top = knee + np.log(rate / 2 / knee_hz) / ratio
    mels = np.linspace(0.0, top, bands + 2)
    edges = np.where(mels < knee, mels * step_hz, knee_hz * np.exp(ratio * (mels - knee)))
    bins = np.fft.rfftfreq(size, 1.0 / rate)
    low, centre, high = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    rising, falling = (bins - low) / (centre - low), (high - bins) / (high - centre)
    bank: Values = np.clip(np.minimum(rising, falling), 0.0, None) * 2.0 / (high - low)
    return bank
