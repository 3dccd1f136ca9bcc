"""A mixer that asks the level network how loud the lead should be, and changes nothing else."""

from __future__ import annotations

from pathlib import Path

from earwitness.evaluation.adapters.interface import ItemInputs, Rendering
from earwitness.stimuli.errors import ModelError

from .level import set_relative_loudness
from .mel_blocks import BLOCK_FRAMES, RATE, mel_blocks
from .training import predict_song_lu
from .weights import load_network


class LevelModel:
    """The system of a model folder with `weights.safetensors`."""

    def __init__(self, folder: Path, *, frames: int = BLOCK_FRAMES) -> None:
        self.network = load_network(folder)
        self.frames = frames

    def render(self, inputs: ItemInputs) -> Rendering:
        """The lead at the level that the network predicts for the song.

        Raises:
            ModelError: the audio is not at the rate that the network was trained with.
        """
        if inputs.rate != RATE:
            raise ModelError(f"the level network was trained at {RATE} Hz, not {inputs.rate} Hz")
        lead, backing = inputs.audio["lead"], inputs.audio["backing"]
        target = predict_song_lu(self.network, mel_blocks(lead, backing, frames=self.frames))
        lead = set_relative_loudness(lead, backing, inputs.rate, target)
        return Rendering(lead + backing, {"lead": lead, "backing": backing})
