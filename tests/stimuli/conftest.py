"""A small study with a run of noise, written to disk as `evaluate` would."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from earwitness.stimuli.audio import Signal, write_wav
from earwitness.stimuli.run_folder import rendering_path
from earwitness.stimuli.study import StudyFolder

RATE = 48_000
SYSTEMS = {"human-mix": "reference", "unmixed": "baseline", "cnn": "model"}

STUDY = """
schema = 1
[study]
id = "test-study"
title = "A test"
[stimuli]
run = "run"
task = "mix"
systems = ["human-mix", "unmixed", "cnn"]
training_items = ["song-t"]
{stimuli}
[presentation]
{presentation}
[[scales]]
id = "overall"
question = "Overall quality"
labels = ["Bad", "Poor", "Fair", "Good", "Excellent"]
[[pages]]
type = "training"
good = "human-mix"
{training}
[[pages]]
type = "rating"
[[pages]]
type = "thanks"
"""


def noise(
    name: str, *, seconds: float = 1.0, level: float = 0.1, channels: int = 1, rate: int = RATE
) -> Signal:
    """White noise, the same for a name, of an RMS of `level`."""
    seed = int.from_bytes(name.encode()[-8:])
    shape = (channels, round(seconds * rate))
    return Signal(np.random.default_rng(seed).normal(0, level, shape).astype(np.float32), rate)


class StudyBuilder:
    """Builds a study folder; each method changes one thing about it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.run = root / "run"
        self.manifest: dict[str, Any] = {
            "schema": 1,
            "systems": [
                {"name": name, "role": role, "tasks": ["mix"], "factors": {}, "digest": "0"}
                for name, role in SYSTEMS.items()
            ],
            "items": [
                {"id": item, "dataset": "songs", "task": "mix", "group": item, "split": split}
                for item, split in (("song-1", "test"), ("song-2", "test"), ("song-t", "training"))
            ],
            "datasets": [{"name": "songs", "licence": "CC0-1.0", "may_publish": True}],
        }
        for item in ("song-1", "song-2", "song-t"):
            for system in SYSTEMS:
                self.render(system, item, noise(system + item))
        self.write()

    def write(self, *, stimuli: str = "", presentation: str = "", training: str = "") -> None:
        text = STUDY.format(stimuli=stimuli, presentation=presentation, training=training)
        (self.root / "study.toml").write_text(text, encoding="utf-8")
        (self.run / "manifest.json").write_text(json.dumps(self.manifest), encoding="utf-8")

    def render(self, system: str, item: str, signal: Signal) -> None:
        write_wav(self.path(system, item), signal)

    def path(self, system: str, item: str) -> Path:
        return rendering_path(self.run, system, item)

    @property
    def folder(self) -> StudyFolder:
        return StudyFolder(self.root)


@pytest.fixture
def study(tmp_path: Path) -> StudyBuilder:
    return StudyBuilder(tmp_path)


@pytest.fixture(scope="session")
def make_noise() -> Callable[..., Signal]:
    return noise


@pytest.fixture
def make_study() -> Callable[[Path], StudyBuilder]:
    return StudyBuilder
