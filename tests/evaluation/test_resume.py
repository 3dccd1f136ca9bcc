"""`kill -9` at any moment, then the same command: the same rows, nothing stored computed again."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd

from earwitness.evaluation.progress import Progress
from earwitness.evaluation.run import Run, evaluate

from .conftest import FEW, ITEMS, UNMIXED, Workplace, noise

# Slow enough that kills hit every phase; one item fails, which a resumed run must remember.
SLOW = UNMIXED.replace(
    "def render(self, inputs):",
    "def render(self, inputs):\n"
    "            import time; time.sleep(0.15)\n"
    "            assert inputs.item != 'song-b', 'no song b'\n",
)


class Done(Progress):
    """Collects what a run really did."""

    def __init__(self) -> None:
        self.rendered_pairs: set[tuple[str, str]] = set()
        self.scored_pairs: set[tuple[str, str]] = set()

    def rendered(self, system: str, item: str, reason: str, seconds: float) -> None:
        del reason, seconds
        self.rendered_pairs.add((system, item))

    def scored(self, system: str, item: str, values: int, failed: int) -> None:
        del values, failed
        self.scored_pairs.add((system, item))


def make(workplace: Workplace) -> Workplace:
    workplace.dataset()
    for seed, name in enumerate(("cnn", "rnn")):
        workplace.rendered(name, {item: noise(90 + 10 * seed + i) for i, item in enumerate(ITEMS)})
    workplace.python("unmixed", SLOW, role="baseline")
    return workplace


def start(workplace: Workplace) -> subprocess.Popen[str]:
    evaluate_command = Path(sys.executable).with_name("evaluate")
    arguments = ["--trust", "--json", "--out", workplace.run, "--only", ",".join(FEW)]
    return subprocess.Popen(
        [evaluate_command, workplace.models, *arguments],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )


def kill_after(workplace: Workplace, event: str, count: int) -> list[dict[str, str]]:
    """Start the command, kill it a moment after it told `event` so often; all that it told.

    At the latest when it starts to score: what came before may have left too little to render.
    """
    with start(workplace) as process:
        assert process.stdout is not None
        told = []
        for line in process.stdout:
            told.append(json.loads(line))
            count -= told[-1]["event"] == event
            if count == 0 or told[-1].get("phase") == "score":
                time.sleep(float(np.random.default_rng().uniform(0, 0.2)))
                process.send_signal(signal.SIGKILL)
                count = -1
    assert process.returncode == -signal.SIGKILL
    return told


def pairs(told: list[dict[str, str]], event: str) -> set[tuple[str, str]]:
    return {(one["system"], one["item"]) for one in told if one["event"] == event}


def same_scores(one: pd.DataFrame, other: pd.DataFrame) -> None:
    exact = [name for name in one.columns if name not in ("value", "seconds")]
    pd.testing.assert_frame_equal(one[exact], other[exact])
    np.testing.assert_allclose(
        one["value"].astype(float), other["value"].astype(float), rtol=0, atol=1e-6
    )


def test_killed_at_random_moments_and_resumed_is_an_uninterrupted_run(tmp_path: Path) -> None:
    whole = make(Workplace(tmp_path / "whole"))
    expected = whole.evaluate()
    assert expected.failed > 0

    killed = make(Workplace(tmp_path / "killed"))
    stored: dict[str, set[tuple[str, str]]] = {"rendered": set(), "scored": set()}
    for moment in (("checked", 2), ("rendered", 2), ("rendered", 1), ("phase", 3)):
        told = kill_after(killed, *moment)
        for event, seen in stored.items():
            again = seen & pairs(told, event)
            assert not again, f"{event} twice: {again}"
            seen |= pairs(told, event)
    done = Done()
    run: Run = evaluate(killed.models, out=killed.run, only=FEW, trust=True, progress=done)
    assert not stored["rendered"] & done.rendered_pairs
    assert not stored["scored"] & done.scored_pairs
    same_scores(expected.scores, run.scores)
    for path in (whole.run / "audio").rglob("*.wav"):
        twin = killed.run / path.relative_to(whole.run)
        assert twin.read_bytes() == path.read_bytes()
    assert not list(killed.run.rglob("*.part"))
