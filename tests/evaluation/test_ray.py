"""`--engine ray` on a real cluster of this host: the scores of a local run, whatever is lost."""

from __future__ import annotations

import json
import subprocess
import sys

import pandas as pd
import pytest

from earwitness.evaluation.engine.ray_cluster import _placement
from earwitness.evaluation.run import evaluate
from earwitness.stimuli.errors import ConfigError, EarwitnessError

from .conftest import FEW, UNMIXED, Workplace
from .test_cli import command
from .test_resume import same_scores

FRAGILE = UNMIXED.replace(
    "return", "assert inputs.item != 'song-b', 'no song b'\n            return", 1
)
# The first time, its worker on the cluster dies under it.
LETHAL = (
    UNMIXED.replace(
        "return",
        "import os, pathlib; mark = pathlib.Path(__file__).with_name('killed.pyc')\n"
        "            if not mark.exists(): mark.touch(); os.kill(os.getppid(), 9)\n"
        "            return",
        1,
    )
    + "\n        def fit(self, examples):\n            pass\n"
)


def test_a_cluster_gives_the_scores_of_a_local_run_although_a_worker_is_lost(
    small: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAY_ADDRESS", "local")  # not a cluster that happens to run here
    small.python("fragile", FRAGILE)
    small.python("lethal", LETHAL, more='fit = "leave-one-group-out"')
    told = command(small, "models", "--trust", "--engine", "ray", "--out", "cluster", "--json")
    assert told.returncode == 3, told.stderr
    events = [json.loads(line) for line in told.stdout.splitlines()]
    rendered = [(one["system"], one["item"]) for one in events if one["event"] == "rendered"]
    assert len(rendered) == len(set(rendered)) == 4 * 3
    assert (small.models / "lethal" / "killed.pyc").exists()
    assert told.stderr == ""
    local = small.evaluate()
    assert local.failed > 0
    same_scores(local.scores, pd.read_parquet(small.root / "cluster" / "scores.parquet"))
    manifest = json.loads((small.root / "cluster" / "manifest.json").read_text())
    assert manifest["engine"] == {"name": "ray", "processes": 2}
    assert manifest["device"]["type"] == "cpu"
    left = subprocess.run(["pgrep", "-f", str(small.root)], capture_output=True, check=False)
    assert left.stdout == b""


def test_each_gpu_gets_one_worker_with_its_share_of_the_cores() -> None:
    def host(**resources: float) -> dict[str, object]:
        return {"Alive": True, "Resources": resources}

    cpu_only = [host(CPU=8.0), host(CPU=4.0)]
    assert _placement(cpu_only, {"CPU": 12.0}) == (12, {"num_cpus": 1.0})
    mixed = [host(CPU=64.0, GPU=8.0), host(CPU=32.0, GPU=2.0), host(CPU=16.0)]
    assert _placement(mixed, {"CPU": 112.0, "GPU": 10.0}) == (
        10,
        {"num_gpus": 1.0, "num_cpus": 8.0},
    )
    with pytest.raises(EarwitnessError, match="no free core"):
        _placement(cpu_only, {"CPU": 0.0})


def test_without_ray_the_install_command_is_told(
    small: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)  # as if it were not installed
    with pytest.raises(EarwitnessError, match=r"pip install 'earwitness\[ray\]'"):
        evaluate(small.models, out=small.run, only=FEW, engine="ray")
    with pytest.raises(ConfigError, match="--workers is for --engine local"):
        evaluate(small.models, out=small.run, only=FEW, engine="ray", workers=2)
