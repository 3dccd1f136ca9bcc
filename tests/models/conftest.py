"""The bundled systems, handed the bundled items exactly as `evaluate` hands them."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from earwitness.evaluation.adapters.interface import ItemInputs, Rendering
from earwitness.evaluation.contract import check_rendering
from earwitness.evaluation.inputs import ItemState, item_inputs
from earwitness.evaluation.model_folder import ModelFolder, load_model
from earwitness.stimuli.dataset import Dataset, Item, load_dataset


@pytest.fixture(scope="session")
def songs(root: Path) -> Dataset:
    return load_dataset(root / "data" / "stems-demo")


@pytest.fixture(scope="session")
def sentences(root: Path) -> Dataset:
    return load_dataset(root / "data" / "speech-demo")


def make_system(model: ModelFolder) -> Any:
    file, _, name = (model.file.entry or "").partition(":")
    spec = importlib.util.spec_from_file_location(f"bundled_{model.name}", model.folder / file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return getattr(module, name)(model.file.parameters)


def render_item(model: ModelFolder, dataset: Dataset, item: Item) -> Rendering:
    """One rendering, fitted and checked as the engine does it."""
    system = make_system(model)
    if model.file.fit:
        system.fit(
            [
                item_inputs(dataset, other, with_reference=True)
                for other in dataset.items
                if other.group != item.group
            ]
        )
    inputs: ItemInputs = item_inputs(dataset, item, with_reference=model.gets_reference)
    rendering: Rendering = system.render(inputs)
    reference = dataset.reference_audio(item)
    check_rendering(
        rendering, ItemState(dataset, item, "", reference.channels, reference.frames, "")
    )
    return rendering


@pytest.fixture(scope="session")
def make(root: Path) -> Callable[[str], Any]:
    """`make(system)`: the object of a bundled system, not fitted."""
    return lambda system: make_system(load_model(root / "models" / system))


@pytest.fixture(scope="session")
def render_folder() -> Callable[[ModelFolder, Dataset, Item], Rendering]:
    """`render_folder(model, dataset, item)`, for any model folder with code."""
    return render_item


@pytest.fixture(scope="session")
def render_anew(root: Path) -> Callable[[str, Dataset, Item], Rendering]:
    """`render_anew(system, dataset, item)`: rendered once more."""
    return lambda system, *rest: render_item(load_model(root / "models" / system), *rest)


@pytest.fixture(scope="session")
def render(render_anew: Callable[..., Rendering]) -> Callable[[str, Dataset, Item], Rendering]:
    """`render(system, dataset, item)`; each rendering is made once."""
    done: dict[tuple[str, str], Rendering] = {}

    def rendered(system: str, dataset: Dataset, item: Item) -> Rendering:
        key = (system, item.id)
        if key not in done:
            done[key] = render_anew(system, dataset, item)
        return done[key]

    return rendered
