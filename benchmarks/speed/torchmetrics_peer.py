"""torchmetrics' functions for speech, a batch of clips at a time, as its documentation shows."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Sequence
from functools import partial
from typing import Any

from .contender import Answer, Pair, serve


def score(pairs: Sequence[Pair], metrics: Sequence[str]) -> Answer:
    """All pairs as one batch."""
    import soundfile
    import torch

    sides = [
        torch.stack([torch.from_numpy(soundfile.read(pair[side])[0]).float() for pair in pairs])
        for side in ("estimate", "reference")
    ]
    rate = soundfile.info(pairs[0]["reference"]).samplerate
    with torch.no_grad():
        found = {name: _functions(rate)[name](*sides).tolist() for name in metrics}
    return [{name: found[name][row] for name in metrics} for row in range(len(pairs))], {}


def _functions(rate: int) -> dict[str, Any]:
    from torchmetrics.functional import audio

    stoi = audio.short_time_objective_intelligibility
    return {
        "stoi": partial(stoi, fs=rate),
        "estoi": partial(stoi, fs=rate, extended=True),
        "si_sdr_db": partial(audio.scale_invariant_signal_distortion_ratio, zero_mean=True),
        "sdr_db": audio.signal_distortion_ratio,
    }


if __name__ == "__main__":
    serve(score, {"torchmetrics": importlib.metadata.version("torchmetrics")})
