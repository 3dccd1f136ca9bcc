"""Which systems a run renders on which datasets."""

from __future__ import annotations

from pathlib import Path

from earwitness.evaluation.plan import make_plan


def bundled(root: Path, *datasets: str) -> dict[str, set[str]]:
    plan = make_plan(root / "models", [root / "data" / name for name in datasets], ())
    return {model.name: plan.datasets_of(model) for model in plan.models}


def test_a_system_runs_on_the_datasets_that_have_its_inputs(root: Path) -> None:
    runs = bundled(root, "speech-demo", "ecog-demo")
    assert runs["griffin-lim"] == {"speech-demo"}
    assert runs["ecog-linear"] == {"ecog-demo"}
    assert runs["original"] == {"speech-demo", "ecog-demo"}
    assert runs["unmixed"] == set()


def test_where_no_dataset_has_its_inputs_the_rows_say_so(root: Path) -> None:
    assert bundled(root, "speech-demo")["ecog-linear"] == {"speech-demo"}


def test_systems_without_a_dataset_are_named_once_per_task(root: Path) -> None:
    plan = make_plan(root / "models", [root / "data" / "speech-demo"], ())
    idle = [line for line in plan.warnings() if "not rendered" in line]
    assert len(idle) == 2
    assert any("task style" in line and "spsa-match" in line for line in idle)


def test_twenty_systems_over_three_tasks_are_bundled(root: Path) -> None:
    runs = bundled(root, "stems-demo", "speech-demo", "ecog-demo", "style-demo")
    assert len(runs) >= 20
    assert all(runs.values())
