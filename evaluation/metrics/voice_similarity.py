"""Whether the voice is the same: cosine of speaker embeddings."""

from __future__ import annotations

import functools
from collections.abc import Callable

import torch
from torch import Tensor

from .batch import View
from .facts import Facts, package_version
from .registry import register
from .voice import HOP, MEL_FRAME, PARTIAL_FRAMES, RATE_HZ, load_voice_encoder

WINDOW = (PARTIAL_FRAMES - 1) * HOP + MEL_FRAME
WINDOW_HOP = WINDOW // 2


@register(
    Facts(
        id="voice_similarity",
        title="Voice similarity",
        unit="",
        low=0.0,
        high=1.0,
        direction="higher",
        level="matched",
        channels="mono",
        rate_hz=RATE_HZ,
        min_rate_hz=RATE_HZ,
        tasks=("speech",),
        packages=("resemblyzer",),
        install="pip install --no-deps resemblyzer",
        validated_for="telling natural speakers apart",
        citation="Wan et al.: GE2E, ICASSP 2018; weights of Resemblyzer 0.1.4 (Apache-2.0)",
        version=f"1 (resemblyzer {package_version('resemblyzer') or 'absent'})",
        description=(
            "Cosine of the mean speaker embeddings of estimate and reference, over windows of "
            "1.615 s that overlap by half, pauses included; a shorter clip is padded to one. Two "
            "recordings of one speaker reach about 0.7 to 0.9, two speakers 0.4 to 0.6; read it "
            "beside its chance level."
        ),
        has_chance=True,
    )
)
def voice_similarity(view: View) -> Tensor:
    """⟨v̂, v⟩ of unit vectors."""
    network = _network(view.estimate.device.type)
    estimate = _voice(network, view.estimate, view.lengths)
    reference = view.of_reference(lambda samples, lengths: _voice(network, samples, lengths))
    return (estimate * reference).sum(-1).clamp(0.0, 1.0)


def _voice(network: Callable[[Tensor], Tensor], samples: Tensor, lengths: Tensor) -> Tensor:
    """The voice of each clip, clip × dimension, float64, of length 1."""
    mono = samples[:, 0].float()
    padded = torch.nn.functional.pad(mono, (0, max(0, WINDOW - mono.shape[-1])))
    windows = padded.unfold(-1, WINDOW, WINDOW_HOP)
    counts = [max(0, (length - WINDOW) // WINDOW_HOP) + 1 for length in lengths.tolist()]
    cut = [windows[row, :count] for row, count in enumerate(counts)]
    found = torch.split(network(torch.cat(cut)).double(), counts)
    means = torch.stack([one.mean(0) for one in found])
    return torch.nn.functional.normalize(means, dim=-1)


@functools.lru_cache(maxsize=2)
def _network(device: str) -> Callable[[Tensor], Tensor]:
    return load_voice_encoder(device)
