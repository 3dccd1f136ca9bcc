"""The example studies fit the bundled data, and bots complete them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pandas as pd

from earwitness.app.export import export
from earwitness.app.simulate import simulate
from earwitness.stimuli.audio import read_audio, write_wav
from earwitness.stimuli.degrade import clipped
from earwitness.stimuli.prepare import prepare
from earwitness.stimuli.run_folder import rendering_path
from earwitness.stimuli.study import StudyFolder

SPEECH = ("198-209-0000", "3436-172162-0000", "5703-47212-0000")


def speech_run(run: Path, data: Path) -> None:
    """A run of the bundled speech: the recordings, and something worse in the model's place."""
    for item in SPEECH:
        [recording] = (data / "items" / item).glob("reference.*")
        signal = read_audio(recording)
        write_wav(rendering_path(run, "original", item), signal)
        write_wav(rendering_path(run, "griffin-lim", item), clipped(signal))
    manifest = {
        "systems": [
            {"name": "original", "role": "reference", "tasks": ["speech"]},
            {"name": "griffin-lim", "role": "baseline", "tasks": ["speech"]},
        ],
        "items": [
            {"id": item, "dataset": "speech-demo", "task": "speech", "split": "test"}
            for item in SPEECH
        ],
        "datasets": [{"name": "speech-demo", "may_publish": True}],
    }
    (run / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")


def test_a_bot_completes_the_mushra_study_on_bundled_speech(root: Path, tmp_path: Path) -> None:
    shutil.copytree(
        root / "studies" / "speech-mushra",
        tmp_path / "studies" / "speech-mushra",
        ignore=shutil.ignore_patterns("stimuli", "exports", "report", "*.sqlite3*", "secret.key"),
    )
    speech_run(tmp_path / "runs" / "demo", root / "data" / "speech-demo")
    folder = StudyFolder(tmp_path / "studies" / "speech-mushra")
    assert [str(f) for f in prepare(folder).findings if f.severity == "error"] == []
    assert simulate(folder, listeners=1).added == 1
    ratings = pd.read_parquet(export(folder) / "ratings.parquet")
    assert list(ratings.groupby("page").size().items()) == [("practice", 4), ("quality", 8)]
    assert set(ratings["role"]) == {"baseline", "reference", "anchor"}
    assert ratings.loc[ratings["page"] == "practice", "is_training"].all()
