"""A mixer that asks the level network how loud the lead should be, and changes nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from earwitness.evaluation.adapters.interface import ItemInputs, Rendering
from earwitness.stimuli.errors import ModelError

from .constant import at_relative_loudness
from .mel_blocks import RATE, mel_blocks
from .training import predict_song_lu
from .weights import load_network


class LevelModel:
    """The system of a model folder with `weights.safetensors`; `block_frames` is a parameter."""

    def __init__(self, folder: Path, parameters: Mapping[str, object]) -> None:
        self.network = load_network(folder)
        self.frames = int(str(parameters["block_frames"]))

    def render(self, inputs: ItemInputs) -> Rendering:
        """The lead at the level that the network predicts for the song.

        Raises:
            ModelError: the audio is not at the rate that the network was trained with.
        """
        if inputs.rate != RATE:
            raise ModelError(f"the level network was trained at {RATE} Hz, not {inputs.rate} Hz")
        blocks = mel_blocks(inputs.audio["lead"], inputs.audio["backing"], frames=self.frames)
        return at_relative_loudness(inputs, predict_song_lu(self.network, blocks))
