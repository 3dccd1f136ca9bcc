"""The study that listeners take: short songs of noise in four versions, as long as real clips."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from earwitness.stimuli.audio import Signal, write_wav
from earwitness.stimuli.prepare import prepare
from earwitness.stimuli.run_folder import rendering_path
from earwitness.stimuli.study import StudyFolder

RATE = 44_100
CLIP_S = 10.0
SYSTEMS = ("one", "two", "three", "four")
SCALES = ("balance", "clarity", "overall")


def write_study(root: Path, clips: int) -> StudyFolder:
    """A prepared study with `clips` items, 44.1 kHz stereo."""
    items = [f"song-{number}" for number in range(clips)]
    for number, item in enumerate(items):
        for system in SYSTEMS:
            noise = np.random.default_rng([number, SYSTEMS.index(system)]).normal(
                0, 0.1, (2, round(CLIP_S * RATE))
            )
            path = rendering_path(root / "run", system, item)
            write_wav(path, Signal(noise.astype(np.float32), RATE))
    manifest = {
        "schema": 1,
        "systems": [
            {"name": name, "role": "model", "tasks": ["mix"], "factors": {}} for name in SYSTEMS
        ],
        "items": [
            {"id": item, "dataset": "noise", "task": "mix", "group": item, "split": "test"}
            for item in items
        ],
        "datasets": [{"name": "noise", "licence": "CC0-1.0", "may_publish": True}],
    }
    (root / "run" / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    (root / "study.toml").write_text(_toml(), encoding="utf-8")
    folder = StudyFolder(root)
    prepare(folder)
    return folder


def _toml() -> str:
    scales = "".join(
        f'[[scales]]\nid = "{name}"\nquestion = "{name}?"\n'
        'labels = ["Very poor", "Poor", "Fair", "Good", "Very good"]\n'
        for name in SCALES
    )
    systems = ", ".join(f'"{name}"' for name in SYSTEMS)
    return f"""schema = 1
[study]
id = "load"
title = "Load"
[stimuli]
run = "run"
task = "mix"
systems = [{systems}]
{scales}
[[pages]]
type = "consent"
statements = ["I agree."]
[[pages]]
type = "level"
[[pages]]
type = "rating"
[[pages]]
type = "thanks"
"""
