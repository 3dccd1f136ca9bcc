"""The level network of this folder, as a mixer."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from earwitness.evaluation import ItemInputs, Rendering
from earwitness.evaluation.systems.mix.level_model import LevelModel


class System:
    def __init__(self, parameters: Mapping[str, object]) -> None:
        frames = int(str(parameters["block_frames"]))
        self.model = LevelModel(Path(__file__).parent, frames=frames)

    def render(self, inputs: ItemInputs) -> Rendering:
        return self.model.render(inputs)
