"""VGGish, PANNs, CLAP and EnCodec as `frechet-audio-distance` loads them; the extra `[fad]`.

Only its networks are used: its `score()` reads whole folders and scores what is left when a file
fails. The package needs numpy < 2, hence an environment of its own, and fetches weights from
torch.hub, Zenodo or Hugging Face when a network is first used.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import io
from typing import Any

import numpy as np
import torch
from torch import Tensor

from earwitness.stimuli.errors import ModelError

from .embedder import Embedder, Network

PACKAGE = "frechet-audio-distance"
INSTALL = "pip install 'earwitness[fad]' (in an environment of its own: it needs numpy < 2)"


def _load(name: str, rate_hz: int, _device: str) -> Network:
    """The package's own network, on the device that it chooses.

    Raises:
        ModelError: the package cannot be imported, or its weights not be fetched.
    """
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            package = importlib.import_module("frechet_audio_distance")
            holder = package.FrechetAudioDistance(
                model_name=name, sample_rate=rate_hz, use_pca=False, use_activation=False
            )
    except Exception as error:  # its imports and downloads raise anything
        text = " ".join(str(error).split())
        raise ModelError(f"{PACKAGE} cannot load {name}: {text}") from error
    return functools.partial(_embed, holder=holder, rate_hz=rate_hz)


def _embed(windows: Tensor, *, holder: Any, rate_hz: int) -> Tensor:
    """One vector for each window: the mean over time, where a network gives several."""
    vectors = []
    for window in windows.cpu().numpy():
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            try:
                found = holder.get_embeddings([window], rate_hz)
            except ValueError as error:  # it prints its exceptions and goes on with nothing
                text = " ".join(printed.getvalue().split())
                raise ModelError(f"{PACKAGE} gave no embedding ({text})") from error
        vectors.append(np.atleast_2d(found).mean(0))
    return torch.from_numpy(np.stack(vectors))


def _embedder(name: str, title: str, rate_hz: int, window_s: float, citation: str) -> Embedder:
    return Embedder(
        id=name,
        title=title,
        rate_hz=rate_hz,
        window_s=window_s,
        hop_s=window_s / 2,
        load=functools.partial(_load, name, rate_hz),
        citation=f"{citation}; through {PACKAGE} (MIT), weights under their own licences",
        revision="1",
        description=f"Windows of {window_s:g} s, mean over time.",
        packages=(PACKAGE,),
        install=INSTALL,
    )


FAD_EXTRA = (
    _embedder("vggish", "VGGish", 16_000, 0.96, "Hershey et al., ICASSP 2017"),
    _embedder("pann", "PANNs CNN14", 32_000, 1.0, "Kong et al., TASLP 28, 2020"),
    _embedder("clap", "LAION CLAP 630k", 48_000, 10.0, "Wu et al., ICASSP 2023"),
    _embedder("encodec", "EnCodec 24 kHz", 24_000, 1.0, "Défossez et al., TMLR 2023"),
)
