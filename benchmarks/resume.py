"""Kill `evaluate` at random moments; resumed, it must end with the scores of a run left alone.

    python -m benchmarks.resume [--kills 20] [--clips 24] [--only METRIC,METRIC] [--seed 0]

SIGKILL after a random time, up to the time that the whole run takes, again and again on the same
run folder; then a last call ends it. Rows, statuses and reasons must be equal, values within 1e-6,
audio to the last bit; no process may be left. Writes its section of RESULTS.md.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.engine.watch import EVALUATE
from benchmarks.engine.workload import make
from benchmarks.section import write_section
from benchmarks.speed.environment import load, machine

METRICS = "lsd_db,mrstft,si_sdr_db,estoi,pcc_envelope,pesq_wb"
TOLERANCE = 1e-6


def start(models: Path, run: Path, only: str) -> subprocess.Popen[bytes]:
    """The command, as a user would call it."""
    arguments = [EVALUATE, models, "--out", run, "--trust", "--json", "--only", only]
    return subprocess.Popen(arguments, stdout=subprocess.DEVNULL)


def stored(run: Path) -> int:
    """Records that are on disk."""
    parts = (run / "store").glob("part-*.jsonl")
    return sum(part.read_bytes().count(b"\n") for part in parts)


def differences(one: Path, other: Path) -> list[str]:
    """What two runs disagree about."""
    first, second = (pd.read_parquet(run / "scores.parquet") for run in (one, other))
    exact = [name for name in first.columns if name not in ("value", "seconds")]
    found = [] if first[exact].equals(second[exact]) else ["rows, statuses or reasons"]
    gap = (first["value"].astype(float) - second["value"].astype(float)).abs().max()
    if not (np.isnan(gap) or gap <= TOLERANCE):
        found.append(f"values (by {gap:.2g})")
    for path in (one / "audio").rglob("*.wav"):
        if path.read_bytes() != (other / path.relative_to(one)).read_bytes():
            found.append(str(path.relative_to(one)))
    return found


def left_over(folder: Path) -> list[str]:
    """Processes that still use a folder."""
    found = subprocess.run(["pgrep", "-af", str(folder)], capture_output=True, text=True)
    return [line for line in found.stdout.splitlines() if str(os.getpid()) not in line.split()[:1]]


def main() -> None:
    """Kill, resume, compare."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--clips", type=int, default=24)
    parser.add_argument("--only", default=METRICS)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--no-write", action="store_true", help="only print")
    arguments = parser.parse_args()
    chance = random.Random(arguments.seed)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        models = make(folder, arguments.clips, 1.0)
        whole, killed = folder / "whole", folder / "killed"
        began = time.perf_counter()
        start(models, whole, arguments.only).wait()
        whole_s = time.perf_counter() - began
        moments: list[int] = []
        wrong: list[str] = []
        while len(moments) < arguments.kills:
            process = start(models, killed, arguments.only)
            try:
                process.wait(chance.uniform(0.0, whole_s))
                wrong += differences(whole, killed)
                shutil.rmtree(killed)  # complete: the next kills meet a new run
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
                process.wait()
                moments.append(stored(killed))
                print(f"kill {len(moments)}: {moments[-1]} records on disk", flush=True)
        start(models, killed, arguments.only).wait()
        wrong += differences(whole, killed)
        time.sleep(1.0)
        wrong += left_over(folder)
    text = section(whole_s, moments, arguments, wrong)
    print(text)
    if not arguments.no_write:
        write_section(Path(__file__).with_name("RESULTS.md"), "resume", text)
    sys.exit(1 if wrong else 0)


def section(
    whole_s: float, counts: list[int], arguments: argparse.Namespace, wrong: list[str]
) -> str:
    """The figures as Markdown."""
    verdict = f"differences: {', '.join(wrong)}" if wrong else "identical scores and audio"
    return "\n".join(
        [
            "## Killed and resumed",
            "",
            f"`python -m benchmarks.resume`, {load()}; {machine()}.",
            "",
            f"A run of two systems, {arguments.clips} clips and "
            f"{arguments.only.count(',') + 1} metrics takes {whole_s:.0f} s; SIGKILL met it at "
            f"{len(counts)} random moments (records on disk after each: "
            f"{', '.join(map(str, counts))}; a run that was complete began anew). Resumed: "
            f"**{verdict}**, no process left.",
        ]
    )


if __name__ == "__main__":
    main()
