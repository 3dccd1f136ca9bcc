"""Measure everything and write the section of benchmarks/RESULTS.md."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

from .comparisons import MIXES, SENTENCES, measure
from .contender import Contender
from .environment import ROOT, load, machine, peers_python
from .overlap import measure_overlap
from .results import (
    agreement_table,
    comparison_table,
    overlap_text,
    versions,
    write_section,
)
from .workload import SECONDS, SYSTEMS

RESULTS = ROOT / "benchmarks/RESULTS.md"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.speed", description=__doc__)
    parser.add_argument("--clips", type=int, default=40, help="items, half of them mixes")
    parser.add_argument("--quick", action="store_true", help="12 clips")
    parser.add_argument("--versa", type=Path, help="a checkout of wavlab-speech/versa")
    parser.add_argument("--out", type=Path, default=RESULTS, help="the Markdown file to write into")
    options = parser.parse_args()
    clips = 12 if options.quick else options.clips
    rounds = max(1, clips // (MIXES + SENTENCES))
    started, load_before = time.perf_counter(), load()
    contenders = _contenders(options.versa)
    with tempfile.TemporaryDirectory() as folder:
        found = measure(contenders, Path(folder), rounds)
        overlap = measure_overlap(contenders, Path(folder), max(1, rounds // 2))
    for contender in contenders.values():
        contender.close()
    facts = {name: contender.facts for name, contender in contenders.items()}
    minutes = (time.perf_counter() - started) / 60
    text = f"""
## Speed

{machine()}; before: {load_before}; after: {load()}; {minutes:.1f} min.
{rounds} rounds of {MIXES} mixes (44.1 kHz stereo) and {SENTENCES} speech clips (16 kHz), each of
{SECONDS:g} s and by {SYSTEMS} systems; files are read from disk. Contenders take turns on the same
files; times are medians over the rounds, ratios medians of the ratios within a round (peer / ours);
in brackets the same for CPU time (user and system, all threads and processes).

{versions(facts)}

### Time

{comparison_table(found)}

### Do they compute the same?

{agreement_table(found)}

### PESQ in the process pool

{overlap_text(overlap)}
"""
    write_section(options.out, text)
    print(text)


def _contenders(versa: Path | None) -> dict[str, Contender]:
    python = peers_python()
    if versa:
        os.environ["PYTHONPATH"] = str(versa.resolve())
    modules = {
        "ours": (Path(sys.executable), "ours"),
        "loop": (python, "loop"),
        "pool": (python, "loop", "--pool"),
        "torchmetrics": (python, "torchmetrics_peer"),
        "versa": (python, "versa_peer"),
    }
    return {
        name: Contender(name, python, f"{__package__}.{module}", *arguments)
        for name, (python, module, *arguments) in modules.items()
    }


if __name__ == "__main__":
    main()
