"""A contender: a process that scores pairs when it is asked to, and tells how long it took.

Question and answer are one JSON line each, so that every contender lives in its own environment.
This module is imported by all of them: it needs nothing but the standard library.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Pair = dict[str, str]  # task, estimate and reference (paths)
# (pairs, metrics) → a value per pair and metric, and (wall, CPU) seconds by part of the work.
Answer = tuple[list[dict[str, float]], dict[str, tuple[float, float]]]
Score = Callable[[Sequence[Pair], Sequence[str]], Answer]


@dataclass(frozen=True)
class Timing:
    """What one call took: seconds of the wall clock, of all CPUs together, and by part."""

    wall_s: float
    cpu_s: float
    parts_s: dict[str, tuple[float, float]]
    values: list[dict[str, float]]


class Contender:
    """The parent's end of a contender's process."""

    def __init__(self, name: str, python: Path, module: str, *arguments: str) -> None:
        self.name = name
        self._process = subprocess.Popen(
            [python, "-m", module, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONWARNINGS": "ignore"},
        )
        self.facts: dict[str, Any] = self._read()

    def score(self, pairs: Sequence[Pair], metrics: Sequence[str]) -> Timing:
        """Let it compute the metrics of the pairs."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"pairs": pairs, "metrics": metrics}) + "\n")
        self._process.stdin.flush()
        return Timing(**self._read())

    def close(self) -> None:
        """End its process."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(60)

    def _read(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit(f"the contender {self.name!r} ended; what it said stands above")
        answer: dict[str, Any] = json.loads(line)
        return answer


def serve(score: Score, facts: dict[str, Any]) -> None:
    """The child's end: answer questions until there are no more."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", buffering=1)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what a library prints is no answer
    print(json.dumps(facts), file=answers)
    for line in sys.stdin:
        question = json.loads(line)
        wall, cpu = time.perf_counter(), _cpu_s()
        values, parts_s = score(question["pairs"], question["metrics"])
        answer = {
            "wall_s": time.perf_counter() - wall,
            "cpu_s": _cpu_s() - cpu,
            "parts_s": parts_s,
            "values": values,
        }
        print(json.dumps(answer), file=answers)


def _cpu_s() -> float:
    """CPU time of this process and of its workers (these on Linux only)."""
    ticks = 0
    for worker in multiprocessing.active_children():
        stat = Path(f"/proc/{worker.pid}/stat")
        if stat.exists():
            ticks += sum(map(int, stat.read_text().rpartition(")")[2].split()[11:13]))
    return time.process_time() + ticks / os.sysconf("SC_CLK_TCK")
