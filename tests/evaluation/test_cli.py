"""The command as a user runs it: exit codes, one line per error, JSON lines, the table."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from .conftest import FEW, ITEMS, UNMIXED, Workplace, noise

EVALUATE = Path(sys.executable).with_name("evaluate")

METRIC = """
from earwitness.evaluation.metrics import Facts, register

@register(Facts(
    id="peak_difference_db", title="Peak", unit="dB", low=None, high=None, direction="",
    level="as_is", channels="mono", citation="none", version="1", description="Ratio of peaks.",
    resource="process",
))
def peaks(*, estimate, reference, rate):
    return abs(estimate).max() / abs(reference).max()
"""


def command(workplace: Workplace, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [EVALUATE, *arguments, "--only", ",".join(FEW)],
        capture_output=True,
        text=True,
        check=False,
        cwd=workplace.root,
        env={**os.environ, "OMP_NUM_THREADS": "1", "COLUMNS": "100"},
    )


@pytest.fixture
def rendered(workplace: Workplace) -> Workplace:
    """A run without any code: two rendered systems."""
    workplace.dataset()
    for seed, name in enumerate(("cnn", "unmixed")):
        workplace.rendered(name, {item: noise(90 + 10 * seed + i) for i, item in enumerate(ITEMS)})
    return workplace


def test_a_good_run_exits_with_0_and_shows_the_leaderboard(rendered: Workplace) -> None:
    result = command(rendered, "models/")
    assert result.returncode == 0, result.stderr
    assert (rendered.root / "runs" / "models" / "scores.parquet").is_file()
    assert "cnn" in result.stdout
    assert "mrstft" in result.stdout
    assert "fewer than 8 independent groups" in result.stdout
    assert "0 failed" in result.stdout


def test_failed_rows_exit_with_3_and_are_counted_with_their_reason(rendered: Workplace) -> None:
    rendered.python("raises", "raise ValueError('boom')")
    rendered.python("unmixed-too", UNMIXED, role="baseline")
    result = command(rendered, "models", "--trust", "--out", "run")
    assert result.returncode == 3, result.stderr
    assert "failed: raises:" in result.stdout
    assert "ValueError: boom" in result.stdout
    assert "Traceback" not in result.stdout + result.stderr


def test_without_trust_foreign_code_is_failed_rows(rendered: Workplace) -> None:
    rendered.python("foreign", UNMIXED)
    result = command(rendered, "models", "--json")
    assert result.returncode == 3
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    refused = [line for line in lines if line["event"] == "rendered" and line["reason"]]
    assert {line["system"] for line in refused} == {"foreign"}
    assert "needs --trust" in refused[0]["reason"]
    assert lines[-1]["event"] == "finished"
    assert lines[-1]["failed"] > 0
    assert {line["metric"] for line in lines if line["event"] == "standing"} >= {"mrstft"}


def one_line(result: subprocess.CompletedProcess[str], code: int, *texts: str) -> None:
    assert result.returncode == code, result.stderr
    assert result.stderr.count("\n") == 1
    assert "Traceback" not in result.stderr
    assert all(text in result.stderr for text in texts), result.stderr


def test_a_wrong_key_exits_with_2_and_one_line(rendered: Workplace) -> None:
    path = rendered.models / "cnn" / "model.toml"
    path.write_text(path.read_text() + "colour = 1\n")
    one_line(command(rendered, "models"), 2, "cnn/model.toml", 'unknown key "colour"')


def test_an_unknown_adapter_exits_with_2_and_names_those_there_are(rendered: Workplace) -> None:
    path = rendered.models / "cnn" / "model.toml"
    path.write_text(path.read_text().replace('"rendered"', '"tensorflow"'))
    one_line(command(rendered, "models"), 2, '"tensorflow"', "rendered, python, safetensors")


def test_a_folder_that_cannot_be_written_exits_with_1_and_one_line(rendered: Workplace) -> None:
    (rendered.root / "file").write_text("")
    one_line(command(rendered, "models", "--out", "file/run"), 1, "cannot be written")


def test_an_unknown_option_exits_with_2(rendered: Workplace) -> None:
    assert command(rendered, "models", "--colour").returncode == 2


def test_without_torch_it_says_how_to_install_it(rendered: Workplace) -> None:
    """As after `pip install earwitness` without the extra."""
    code = (
        "import importlib.util, sys; find = importlib.util.find_spec\n"
        "importlib.util.find_spec = lambda name, *p: None if name == 'torch' else find(name, *p)\n"
        "from earwitness.evaluation.cli import main; main(['models'])"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=rendered.root
    )
    one_line(result, 1, "pip install 'earwitness[evaluate]'")


def test_the_package_and_its_commands_load_without_torch() -> None:
    code = (
        "import sys, earwitness.evaluation, earwitness.evaluation.cli\n"
        "from earwitness.evaluation import ItemInputs, Rendering\n"
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_metric_of_ones_own_is_computed_beside_the_others(rendered: Workplace) -> None:
    (rendered.root / "own.py").write_text(METRIC)
    refused = command(rendered, "models", "--metric", "own.py:peaks")
    one_line(refused, 2, "add --trust")
    result = command(rendered, "models", "--metric", "own.py:peaks", "--trust", "--json")
    assert result.returncode == 0, result.stderr
    standings = [json.loads(line) for line in result.stdout.splitlines()]
    own = [line for line in standings if line.get("metric") == "peak_difference_db"]
    assert [line["n"] for line in own] == [3, 3]


def test_an_unknown_metric_exits_with_2_and_names_the_nearest(rendered: Workplace) -> None:
    result = subprocess.run(
        [EVALUATE, "models", "--only", "estio"],
        capture_output=True,
        text=True,
        check=False,
        cwd=rendered.root,
    )
    one_line(result, 2, "estio", "estoi")


def test_the_metrics_are_listed() -> None:
    code = "from earwitness.evaluation.cli import metrics_command; metrics_command()"
    environment = {**os.environ, "COLUMNS": "120"}
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
    )
    assert "relative_loudness_error_lu" in result.stdout
