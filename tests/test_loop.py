"""The whole loop through the commands, on the bundled mix systems and real audio."""

from __future__ import annotations

import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner, Result

from earwitness.app.cli import main

# One worker: what the fixtures make takes long.
pytestmark = pytest.mark.xdist_group("loop")

MIX_SYSTEMS = ("human-mix", "unmixed", "constant", "lead-up-12db")
LISTENERS = 4


def _earwitness(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def clone(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A small clone in which the demo was run once, and which is the current folder."""
    clone = tmp_path_factory.mktemp("clone")
    for name in MIX_SYSTEMS:
        shutil.copytree(root / "models" / name, clone / "models" / name)
    shutil.copytree(root / "data" / "stems-demo", clone / "data" / "stems-demo")
    study = (root / "studies" / "demo" / "study.toml").read_text(encoding="utf-8")
    (clone / "studies" / "demo").mkdir(parents=True)
    (clone / "studies" / "demo" / "study.toml").write_text(
        study.replace("listeners = 30", f"listeners = {LISTENERS}"), encoding="utf-8"
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(clone)
        first = _earwitness("demo", "--no-serve")
        assert first.exit_code == 0, first.output
        assert f"{LISTENERS} added to 0" in first.output
        yield clone


@pytest.fixture
def study(clone: Path) -> Path:
    return clone / "studies" / "demo"


def test_the_demo_leaves_a_run_a_database_exports_and_a_report(clone: Path, study: Path) -> None:
    scores = pd.read_csv(clone / "runs" / "demo" / "scores.csv")
    assert set(scores["system"]) == set(MIX_SYSTEMS)
    ratings = pd.read_csv(study / "exports" / "ratings.csv")
    assert ratings["is_simulated"].all()
    assert ratings["session"].nunique() == LISTENERS
    for name in ("report.html", "report.pdf", "report.json"):
        assert (study / "report" / name).stat().st_size > 0


def test_again_the_demo_reuses_what_is_there_and_keeps_every_session(study: Path) -> None:
    before = pd.read_csv(study / "exports" / "ratings.csv")
    stimuli = sorted(path.name for path in (study / "stimuli").iterdir())
    again = _earwitness("demo", "--no-serve")
    assert again.exit_code == 0, again.output
    assert f"0 added to {LISTENERS}" in again.output
    pd.testing.assert_frame_equal(pd.read_csv(study / "exports" / "ratings.csv"), before)
    assert sorted(path.name for path in (study / "stimuli").iterdir()) == stimuli


def test_a_port_in_use_is_one_line_before_any_work() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        refused = _earwitness("demo", "--port", str(port))
    assert refused.exit_code == 1
    assert refused.output.splitlines() == [
        f"error: port {port} is in use on 127.0.0.1; choose another one with --port"
    ]


def test_the_doctor_finds_a_fresh_study_well(study: Path) -> None:
    assert _earwitness("export", study).exit_code == 0
    assert _earwitness("report", study, "--format", "json").exit_code == 0
    healthy = _earwitness("doctor", study)
    assert healthy.exit_code == 0, healthy.output
    assert f"{LISTENERS} simulated" in healthy.output


def test_the_doctor_says_which_link_is_stale_and_what_to_run(study: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(study, tmp_path / "copy")
    text = (copy / "study.toml").read_text(encoding="utf-8")
    run = study.parent.parent / "runs" / "demo"
    (copy / "study.toml").write_text(text.replace("../../runs/demo", str(run)), encoding="utf-8")
    shutil.rmtree(copy / "report")
    sick = _earwitness("doctor", copy)
    assert sick.exit_code == 1
    states = {row[0]: row[1] for row in map(_cells, sick.output.splitlines()) if len(row) > 1}
    assert {name: states[name] for name in ("run", "stimuli", "database", "report")} == {
        "run": "ok",
        "stimuli": "stale",
        "database": "ok",
        "report": "missing",
    }
    assert "earwitness prepare" in sick.output


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("│ ").split("│")]


def test_a_study_that_was_never_run_is_told_what_comes_first(root: Path, tmp_path: Path) -> None:
    shutil.copy(root / "studies" / "demo" / "study.toml", tmp_path)
    sick = _earwitness("doctor", tmp_path)
    assert sick.exit_code == 1
    assert "evaluate MODELS" in sick.output
    assert list(tmp_path.iterdir()) == [tmp_path / "study.toml"]


@pytest.mark.parametrize("command", ["prepare", "serve", "simulate", "export", "report", "doctor"])
def test_a_study_that_is_not_there_is_a_usage_error_in_one_line(
    command: str, tmp_path: Path
) -> None:
    missing = _earwitness(command, tmp_path / "nowhere")
    assert missing.exit_code == 2
    assert len(missing.output.splitlines()) == 1
    assert "nowhere" in missing.output


def test_an_unknown_command_is_a_usage_error() -> None:
    assert _earwitness("evaluat").exit_code == 2
