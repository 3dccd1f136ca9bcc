"""A study of speech on disk that has every page type with stimuli, each with few trials."""

from __future__ import annotations

import json
from pathlib import Path

from listening_study import noise

from earwitness.stimuli.audio import write_wav
from earwitness.stimuli.prepare import prepare
from earwitness.stimuli.run_folder import rendering_path
from earwitness.stimuli.study import StudyFolder

SYSTEMS = {"original": "reference", "vocoder": "model", "griffin": "baseline"}
ITEMS = {"one": "test", "two": "test", "drill": "training"}
ANCHORS = {"anchor-3500-hz": "anchor", "anchor-7000-hz": "anchor"}

HEAD = """
schema = 1
[study]
id = "every-type"
title = "Every type"
[stimuli]
run = "run"
task = "{task}"
systems = ["vocoder", "griffin"]
training_items = ["drill"]
[[scales]]
id = "mos"
preset = "p800-quality"
[[scales]]
id = "effort"
preset = "p800-effort"
[analysis]
baseline = "griffin"
"""
PAGES = {
    "level": "",
    "acr": 'scales = ["mos", "effort"]\nitems = ["one"]',
    "p835": 'items = ["two"]',
    "dcr": 'items = ["one"]',
    "mushra": "",
    "ab": 'tie = true\nitems = ["one"]',
    "ab-reference": 'type = "ab"\nwith_reference = true\nitems = ["one"]',
    "abx": 'repeats = 2\nitems = ["two"]',
    "words": '[pages.words]\none = { target = "bat", options = ["bat", "pat", "cat", "mat"] }\n'
    'two = { target = "ship", options = ["ship", "chip", "sheep"] }',
    "transcription": '[pages.sentences]\none = "The cat sat on the mat."\ntwo = "It rained."',
    "digits": 'snr_db = -2.0\n[pages.digits]\none = "529"\ntwo = "013"',
    "thanks": "",
}


def write_every_type_study(root: Path, *, task: str = "speech", **pages: str) -> StudyFolder:
    """Write a run and a study, not prepared yet; `pages` replaces the study's pages."""
    for item in ITEMS:
        for system in SYSTEMS:
            write_wav(rendering_path(root / "run", system, item), noise(system + item))
    manifest = {
        "schema": 1,
        "systems": [
            {"name": name, "role": role, "tasks": [task], "factors": {}}
            for name, role in SYSTEMS.items()
        ],
        "items": [
            {"id": item, "dataset": "speech", "task": task, "group": item, "split": split}
            for item, split in ITEMS.items()
        ],
        "datasets": [{"name": "speech", "licence": "CC0-1.0", "may_publish": True}],
    }
    (root / "run" / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    text = HEAD.format(task=task)
    for name, keys in (pages or PAGES).items():
        kind = "" if keys.startswith("type") else f'type = "{name}"'
        text += f'\n[[pages]]\nid = "{name}"\n{kind}\n{keys}\n'
    (root / "study.toml").write_text(text, encoding="utf-8")
    return StudyFolder(root)


def prepared_every_type_study(root: Path, **pages: str) -> StudyFolder:
    """The same, prepared."""
    folder = write_every_type_study(root, **pages)
    prepare(folder)
    return folder
