"""A small listening test on disk: two songs, three systems of noise, every page type."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from earwitness.stimuli.audio import Signal, write_wav
from earwitness.stimuli.prepare import prepare
from earwitness.stimuli.run_folder import rendering_path
from earwitness.stimuli.study import StudyFolder

RATE = 16_000
SECONDS = 1.0
SYSTEMS = {"human-mix": "reference", "unmixed": "baseline", "cnn": "model"}
ITEMS = {"song-1": "test", "song-2": "test", "song-t": "training"}
ETHICS = '[ethics]\napproval = "IRB 1"\ndate = "2026-01-01"\nconfirmed_by = "A. Person"\n'

STUDY = """
schema = 1
[study]
id = "test-study"
title = "A test"
version = "1"
contact = "someone@example.org"
{extra}
[stimuli]
run = "run"
task = "mix"
systems = ["human-mix", "unmixed", "cnn"]
training_items = ["song-t"]
[[scales]]
id = "clarity"
question = "Clarity"
labels = ["Bad", "Poor", "Fair", "Good", "Excellent"]
[[scales]]
id = "overall"
question = "Overall quality"
labels = ["Bad", "Poor", "Fair", "Good", "Excellent"]
[[pages]]
type = "consent"
title = "Welcome"
text = "Please read this."
statements = ["I am 18 or older.", "I agree to take part."]
[[pages]]
type = "questionnaire"
fields = [
  {{ id = "age", question = "Age?", kind = "choice", options = ["18-29", "30+"], required = true }},
  {{ id = "room", question = "Where are you?", kind = "text" }},
]
[[pages]]
type = "level"
[[pages]]
type = "training"
good = "human-mix"
[[pages]]
type = "rating"
[[pages]]
type = "comments"
[[pages]]
type = "thanks"
"""


def write_listening_study(
    root: Path, *, extra: str = "", sounds_of: dict[str, str] | None = None
) -> StudyFolder:
    """Write a run and a study, not prepared yet.

    Args:
        root: where.
        extra: more text for the study file's tables (`ETHICS`).
        sounds_of: system → the system whose sound it gets (for twins).
    """
    for item in ITEMS:
        for system in SYSTEMS:
            sound = (sounds_of or {}).get(system, system)
            write_wav(rendering_path(root / "run", system, item), noise(sound + item))
    manifest = {
        "schema": 1,
        "systems": [
            {"name": name, "role": role, "tasks": ["mix"], "factors": {"depth": len(name)}}
            for name, role in SYSTEMS.items()
        ],
        "items": [
            {"id": item, "dataset": "songs", "task": "mix", "group": item, "split": split}
            for item, split in ITEMS.items()
        ],
        "datasets": [{"name": "songs", "licence": "CC0-1.0", "may_publish": True}],
    }
    (root / "run" / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    (root / "study.toml").write_text(STUDY.format(extra=extra), encoding="utf-8")
    return StudyFolder(root)


def prepared_listening_study(root: Path, **changes: str) -> StudyFolder:
    """The same, prepared."""
    folder = write_listening_study(root, **changes)
    prepare(folder)
    return folder


def noise(name: str) -> Signal:
    """White noise, the same for a name."""
    seed = int.from_bytes(name.encode()[-8:])
    noise = np.random.default_rng(seed).normal(0, 0.1, (1, round(SECONDS * RATE)))
    return Signal(noise.astype(np.float32), RATE)
