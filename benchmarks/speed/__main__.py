"""Measure everything and write the section of benchmarks/RESULTS.md."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

import torch

from benchmarks.section import write_section

from .comparisons import MIXES, SENTENCES, measure
from .contender import Contender
from .environment import ROOT, busy_note, load, machine, peers_python
from .limits import measure_limits
from .overlap import measure_overlap
from .results import (
    agreement_table,
    comparison_table,
    limit_table,
    overlap_text,
    versions,
)
from .workload import SECONDS, SYSTEMS

LIMITS = {
    "cpu": "CPU time in one thread, four systems that share a reference.",
    "cuda": "Wall time on the GPU, four systems that share a reference.",
}
RESULTS = ROOT / "benchmarks/RESULTS.md"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.speed", description=__doc__)
    parser.add_argument("--clips", type=int, default=40, help="items, half of them mixes")
    parser.add_argument("--quick", action="store_true", help="8 clips")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu", help="of our side")
    parser.add_argument("--versa", type=Path, help="a checkout of wavlab-speech/versa")
    parser.add_argument("--out", type=Path, default=RESULTS, help="the Markdown file to write into")
    options = parser.parse_args()
    if options.device == "cuda" and not torch.cuda.is_available():
        parser.exit(1, "there is no GPU here: nothing was measured; run it without --device cuda\n")
    clips = 8 if options.quick else options.clips
    rounds = max(1, clips // (MIXES + SENTENCES))
    started, load_before = time.perf_counter(), load()
    contenders = _contenders(options.versa, options.device)
    with tempfile.TemporaryDirectory() as folder:
        found = measure(contenders, Path(folder), rounds)
        overlap = measure_overlap(contenders, Path(folder), max(1, rounds // 2))
        for contender in contenders.values():
            contender.close()
        shares = measure_limits(Path(folder), options.device)
    facts = {name: contender.facts for name, contender in contenders.items()}
    minutes = (time.perf_counter() - started) / 60
    text = f"""
## Speed

{machine()}; before: {load_before}; after: {load()}; {minutes:.1f} min.
{rounds} rounds of {MIXES} mixes (44.1 kHz stereo) and {SENTENCES} speech clips (16 kHz), each of
{SECONDS:g} s and by {SYSTEMS} systems; files are read from disk. Contenders take turns on the same
files; times are medians over the rounds, ratios medians of the ratios within a round (peer / ours);
in brackets the same for CPU time (user and system, all threads and processes).{busy_note()}

{versions(facts)}

### Time

{comparison_table(found)}

Single groups: the loop's time within its whole run, with reading but without the level matching
that our time of the multi-resolution STFT and of the mel-band distance contains.

### Do they compute the same?

{agreement_table(found)}

LRA: pyloudnorm appends 1.5 s of silence and counts partial blocks. True peak: two interpolators,
both within EBU Tech 3341's tolerance (+0.2/−0.4 dB).

### PESQ in the process pool

{overlap_text(overlap)}

### How far from the limit of the machine

{LIMITS[options.device]} The limit is what the kernel's transforms take alone, and one pass over the
samples at the speed of a copy.

{limit_table(shares)}
"""
    write_section(options.out, "speed", text)
    print(text)


def _contenders(versa: Path | None, device: str) -> dict[str, Contender]:
    python = peers_python()
    if versa:
        os.environ["PYTHONPATH"] = str(versa.resolve())
    modules = {
        "loop": ("loop",),
        "pool": ("loop", "--pool"),
        "torchmetrics": ("torchmetrics_peer",),
        "versa": ("versa_peer",),
        "fadtk": ("fadtk_peer",),
    }
    own = Path(sys.executable)
    ours = Contender("ours", own, f"{__package__}.ours", "--device", device)
    peers = {
        name: Contender(name, python, f"{__package__}.{module}", *arguments)
        for name, (module, *arguments) in modules.items()
    }
    return {"ours": ours} | peers


if __name__ == "__main__":
    main()
