"""One call of `evaluate` with what it took: time, CPU time and the memory of all its processes."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

EVALUATE = Path(sys.executable).with_name("evaluate")
SAMPLE_EVERY_S = 0.1


@dataclass(frozen=True)
class Cost:
    """What a command took, its children included.

    Attributes:
        wall_s: duration.
        cpu_s: of all threads and processes, which other work on the machine hardly moves.
        peak_mib: largest memory of the command and its children together (proportional shares).
        main_mib: largest resident memory of the command's own process.
    """

    wall_s: float
    cpu_s: float
    peak_mib: float
    main_mib: float


def evaluate(arguments: Sequence[str | Path]) -> Cost:
    """Run the command and watch it.

    Raises:
        RuntimeError: it failed.
    """
    before, started = os.times(), time.perf_counter()
    process = subprocess.Popen(
        [EVALUATE, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    peak_kib = main_kib = 0
    while process.poll() is None:
        peak_kib = max(peak_kib, sum(_kib(pid, "Pss") for pid in _tree(process.pid)))
        main_kib = max(main_kib, _kib(process.pid, "Rss"))
        time.sleep(SAMPLE_EVERY_S)
    if process.returncode:
        told = process.stderr.read() if process.stderr else ""
        raise RuntimeError(f"evaluate ended with {process.returncode}: {told}")
    after = os.times()
    cpu_s = sum(after[2:4]) - sum(before[2:4])
    wall_s = time.perf_counter() - started
    return Cost(wall_s, cpu_s, peak_kib / 1024, main_kib / 1024)


def _tree(root: int) -> list[int]:
    """A process with all that descend from it."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue  # it ended meanwhile
            children.setdefault(parent, []).append(int(entry.name))
    found = [root]
    for pid in found:
        found += children.get(pid, [])
    return found


def _kib(pid: int, kind: str) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith(f"{kind}:")), 0)
