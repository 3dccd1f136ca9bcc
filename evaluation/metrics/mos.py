"""DNSMOS: the opinion score that listeners would give, predicted from the estimate alone.

The networks of Microsoft's DNS challenge (Reddy et al., ICASSP 2021 and 2022) as the package
speechmos ships them (MIT). Segments of 9.01 s every second; a shorter clip is repeated. Only the
graphs of the package are read; the features of the P.808 network are computed here.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from .batch import View
from .facts import Facts, package_version
from .packaged import onnx_session, packaged_file
from .registry import register
from .voice import slaney_bank

RATE_HZ = 16_000
SEGMENT = 144_160  # 9.01 s
HOP = 16_000
MEL_SIZE, MEL_HOP, MEL_BANDS, MEL_RANGE_DB = 321, 160, 120, 80.0

Values = npt.NDArray[np.float32]

# Polynomials from the network's outputs to opinion scores, highest power first, as published with
# the challenge.
_TO_MOS = {
    "sig": (-0.08397278, 1.22083953, 0.0052439),
    "bak": (-0.13166888, 1.60915514, -0.39604546),
    "ovrl": (-0.06766283, 1.11546468, 0.04602535),
}
_WHAT = {
    "ovrl": "overall quality",
    "sig": "quality of the speech itself",
    "bak": "freedom from background noise",
    "p808": "overall quality as rated after ITU-T P.808",
}


def _facts(name: str) -> Facts:
    packages = ("speechmos", "onnx", "onnxruntime")
    versions = ", ".join(f"{one} {package_version(one) or 'absent'}" for one in packages[::2])
    return Facts(
        id=f"dnsmos_{name}",
        title=f"DNSMOS {name.upper()}",
        unit="MOS",
        low=0.0,
        high=5.0,
        direction="higher",
        level="as_is",
        channels="mono",
        rate_hz=RATE_HZ,
        min_rate_hz=RATE_HZ,
        tasks=("speech",),
        needs="estimate",
        validated_for="noisy speech and noise suppressors, wideband",
        packages=packages,
        install="pip install 'earwitness[onnx]' && pip install --no-deps speechmos",
        citation="Reddy, Gopal, Cutler: DNSMOS P.835, ICASSP 2022"
        if name != "p808"
        else "Reddy, Gopal, Cutler: DNSMOS, ICASSP 2021",
        version=f"1 ({versions})",
        description=(
            f"Predicted opinion score of {_WHAT[name]}, from the estimate alone: it cannot tell "
            "whether the words are the right ones. Mean over segments of 9.01 s every second; a "
            "shorter clip is repeated."
        ),
    )


def _register(name: str) -> None:
    def compute(view: View) -> Tensor:
        return _opinions(view)[name]

    compute.__qualname__ = f"dnsmos_{name}"
    register(_facts(name))(compute)


for _name in _WHAT:
    _register(_name)


def _opinions(view: View) -> dict[str, Tensor]:
    """Each score of each clip, float64."""

    def make() -> dict[str, Tensor]:
        clips = view.estimate[:, 0].float().cpu().numpy()
        found = [
            clip_opinions(clip[:length])
            for clip, length in zip(clips, view.lengths.tolist(), strict=True)
        ]
        return {
            name: torch.tensor([one[name] for one in found], dtype=torch.float64) for name in _WHAT
        }

    return view.memo("dnsmos", make)


def clip_opinions(samples: Values) -> dict[str, float]:
    """The scores of one clip, 1-D at 16 kHz, by name."""
    segments = _segments(samples)
    quality, p808 = _sessions()
    raw = np.concatenate([quality.run(None, {"input_1": one[None]})[0] for one in segments])
    found = {
        name: float(np.polyval(_TO_MOS[name], raw[:, column].astype(np.float64)).mean())
        for column, name in enumerate(("sig", "bak", "ovrl"))
    }
    features = [_features(one[:-MEL_HOP]) for one in segments]
    found["p808"] = float(np.mean([p808.run(None, {"input_1": one[None]})[0] for one in features]))
    return found


def _segments(samples: Values) -> list[Values]:
    while len(samples) < SEGMENT:
        samples = np.concatenate([samples, samples])
    count = int(len(samples) // HOP - SEGMENT / RATE_HZ) + 1
    starts = range(0, count * HOP, HOP)
    return [samples[at : at + SEGMENT] for at in starts if at + SEGMENT <= len(samples)]


def _features(segment: Values) -> Values:
    """Levels of 120 mel bands, frame × band: dB under the loudest, floored at −80, to −1 … 1."""
    margin = MEL_SIZE // 2
    padded = torch.nn.functional.pad(torch.from_numpy(segment), (margin, margin))
    frames = padded.unfold(0, MEL_SIZE, MEL_HOP) * torch.hann_window(MEL_SIZE)
    power = torch.fft.rfft(frames).abs().square() @ _bank().T
    levels_db = 10.0 * power.clamp(min=1e-10).log10()
    below_db = (levels_db - levels_db.max()).clamp(min=-MEL_RANGE_DB)
    found: Values = ((below_db + 40.0) / 40.0).numpy()
    return found


@functools.cache
def _bank() -> Tensor:
    return torch.from_numpy(slaney_bank(RATE_HZ, MEL_SIZE, MEL_BANDS)).float()


@functools.cache
def _sessions() -> tuple[Any, Any]:
    """The networks of P.835 and P.808."""
    folder = "speechmos/dnsmos_models"
    files = (f"{folder}/sig_bak_ovr.onnx", f"{folder}/model_v8.onnx")
    quality, p808 = (onnx_session(packaged_file("speechmos", file), "cpu") for file in files)
    return quality, p808
