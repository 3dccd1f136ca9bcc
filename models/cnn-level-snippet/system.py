"""The level network of this folder, as a mixer."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from earwitness.evaluation.systems.mix.level_model import LevelModel


class System(LevelModel):
    def __init__(self, parameters: Mapping[str, object]) -> None:
        super().__init__(Path(__file__).parent, parameters)
