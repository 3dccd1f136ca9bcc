"""The examples of docs/models.md and docs/datasets.md do what they say."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import soundfile
import torch

from earwitness.evaluation.adapters import adapter_of
from earwitness.evaluation.adapters.interface import Rendering
from earwitness.evaluation.inputs import item_inputs
from earwitness.evaluation.isolated import IsolatedSystem
from earwitness.evaluation.model_folder import ModelFolder, load_model
from earwitness.stimuli.dataset import Dataset, Item, load_dataset

RenderItem = Callable[[ModelFolder, Dataset, Item], Rendering]


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", page.read_text(encoding="utf-8"), re.S)


def test_the_python_model_of_the_guide_renders_a_song(
    root: Path, tmp_path: Path, songs: Dataset, render_folder: RenderItem
) -> None:
    page = root / "docs" / "models.md"
    (tmp_path / "model.toml").write_text(blocks(page, "toml")[1], encoding="utf-8")
    (tmp_path / "system.py").write_text(blocks(page, "python")[0], encoding="utf-8")
    rendering = render_folder(load_model(tmp_path), songs, songs.items[0])
    assert set(rendering.stems) == {"lead", "backing"}


def test_the_rendered_model_of_the_guide_is_read(root: Path, tmp_path: Path) -> None:
    text = blocks(root / "docs" / "models.md", "toml")[0]
    (tmp_path / "model.toml").write_text(text, encoding="utf-8")
    (tmp_path / "audio").mkdir()
    model = load_model(tmp_path)
    adapter_of(model).check(model)


def renders_a_song(folder: Path, toml: str, dataset: Dataset) -> bool:
    """Render one item in a worker process, as `evaluate` does."""
    (folder / "model.toml").write_text(toml, encoding="utf-8")
    model = load_model(folder)
    adapter_of(model).check(model)
    system = IsolatedSystem(model, folder / "log", lambda _: [])
    item = dataset.items[0]
    try:
        rendering = system.render(item_inputs(dataset, item, with_reference=False))
    finally:
        system.close()
    return rendering.audio.shape == dataset.reference_audio(item).samples.shape


def recipe(root: Path, heading: str) -> tuple[str, list[str]]:
    """The `model.toml` and the Python code under a heading of the guide."""
    text = (root / "docs" / "models.md").read_text(encoding="utf-8")
    section = text.split(f"## {heading}\n")[1].split("\n## ")[0]
    [toml] = re.findall(r"```toml\n(.*?)```", section, re.S)
    return toml, re.findall(r"```python\n(.*?)```", section, re.S)


def test_the_weights_of_the_guide_render_a_song(root: Path, tmp_path: Path, songs: Dataset) -> None:
    toml, [code] = recipe(root, "You have weights")
    (tmp_path / "network.py").write_text(code, encoding="utf-8")
    weights = torch.nn.Conv1d(2, 2, kernel_size=9, padding=4).state_dict()
    torch.save({"state_dict": weights, "epoch": 7}, tmp_path / "last.ckpt")
    assert renders_a_song(tmp_path, toml, songs)
    safetensors.torch.save_file(weights, tmp_path / "last.ckpt")
    assert renders_a_song(tmp_path, toml.replace('"state_dict"', '"safetensors"'), songs)


def test_the_graphs_of_the_guide_render_a_song(root: Path, tmp_path: Path, songs: Dataset) -> None:
    toml, [code] = recipe(root, "You have a graph")
    subprocess.run([sys.executable, "-c", code], check=True, cwd=tmp_path, capture_output=True)
    assert renders_a_song(tmp_path, toml, songs)
    for adapter, file in (("exported", "model.pt2"), ("torchscript", "model.ts")):
        other = toml.replace('"onnx"', f'"{adapter}"').replace("model.onnx", file)
        assert renders_a_song(tmp_path, other, songs)


def test_the_program_of_the_guide_renders_a_song(
    root: Path, tmp_path: Path, songs: Dataset
) -> None:
    toml, _ = recipe(root, "You have a program")
    assert renders_a_song(tmp_path, toml, songs)


def test_the_guide_lists_every_bundled_system(root: Path) -> None:
    text = (root / "docs" / "models.md").read_text(encoding="utf-8")
    folders = sorted(path.parent for path in (root / "models").glob("*/model.toml"))
    assert folders
    for folder in folders:
        file = load_model(folder).file
        tasks = ", ".join(file.task)
        row = f"| `{tasks}` | [{file.name}](../models/{folder.name}/README.md) | {file.role} |"
        assert row in text
        card = (folder / "README.md").read_text(encoding="utf-8")
        assert card.startswith(f"# {file.name}\n")
        assert re.search(r"`causal` (yes|no)", card)
        assert "`latency_ms`" in card


def test_the_dataset_of_the_guide_loads(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = root / "docs" / "datasets.md"
    (tmp_path / "dataset.toml").write_text(blocks(page, "toml")[0], encoding="utf-8")
    generator = np.random.default_rng(0)
    for item in ("intro", "chorus"):
        (tmp_path / "items" / item).mkdir(parents=True)
        for stem in ("lead", "backing"):
            path = tmp_path / "items" / item / f"{stem}.flac"
            soundfile.write(path, generator.normal(0, 0.1, (44100, 2)), 44100)
    dataset = load_dataset(tmp_path)
    assert [(item.id, item.group, item.split) for item in dataset.items] == [
        ("intro", "intro", "test"),
        ("chorus", "intro", "training"),
    ]
    assert dataset.reference_audio(dataset.items[0]).frames == 44100
    monkeypatch.chdir(tmp_path)
    exec(blocks(page, "python")[0], {})
    assert (tmp_path / "mel.npz").is_file()
