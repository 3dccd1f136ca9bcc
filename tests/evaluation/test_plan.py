"""Which systems a run renders on which datasets."""

from __future__ import annotations

from pathlib import Path

import pytest

from earwitness.evaluation.plan import make_plan
from earwitness.stimuli.errors import ConfigError


def bundled(root: Path, *datasets: str) -> dict[str, set[str]]:
    plan = make_plan(root / "models", [root / "data" / name for name in datasets], ())
    return {model.name: plan.datasets_of(model) for model in plan.models}


def test_a_system_runs_on_the_datasets_that_have_its_inputs(root: Path) -> None:
    runs = bundled(root, "speech-demo", "ecog-demo")
    assert runs["griffin-lim"] == {"speech-demo"}
    assert runs["ecog-linear"] == {"ecog-demo"}
    assert runs["original"] == {"speech-demo", "ecog-demo"}
    assert runs["unmixed"] == set()


def test_a_graph_whose_inputs_no_dataset_has_is_refused(root: Path) -> None:
    with pytest.raises(ConfigError, match=r"no dataset fits a model .*inputs neural"):
        make_plan(root / "models" / "ecog-linear", [root / "data" / "speech-demo"], ())


def test_systems_without_a_dataset_are_named_once_per_task(root: Path) -> None:
    plan = make_plan(root / "models", [root / "data" / "speech-demo"], ())
    idle = [line for line in plan.warnings() if "not rendered" in line]
    assert len(idle) == 3
    assert any("task speech with inputs neural" in line and "ecog-linear" in line for line in idle)
    assert any("task style" in line and "spsa-match" in line for line in idle)


def test_twenty_systems_over_three_tasks_are_bundled(root: Path) -> None:
    runs = bundled(root, "stems-demo", "speech-demo", "ecog-demo", "style-demo")
    assert len(runs) >= 25
    assert all(runs.values())


def test_some_systems_can_be_picked_by_name(root: Path) -> None:
    data = [root / "data" / "stems-demo"]
    plan = make_plan(root / "models", data, (), ["unmixed", "constant"])
    assert [model.name for model in plan.models] == ["constant", "unmixed"]
    with pytest.raises(ConfigError, match=r"no system 'mixed'; there are .*unmixed"):
        make_plan(root / "models", data, (), ["mixed"])
