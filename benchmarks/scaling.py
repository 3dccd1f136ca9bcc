"""Cost of `evaluate` over the number of clips: time and memory, with the fitted exponent.

    python -m benchmarks.scaling [--clips 100 300 1000 3000] [--clip-s 1] [--only METRIC,METRIC]

Two systems on clips of noise and harmonics; each count in a new run folder. The exponent is the
slope of log(cost − the cost of starting) over log(clips), by least squares; starting is measured
with one clip. Writes its section of RESULTS.md and the picture scaling.svg beside it.
"""

from __future__ import annotations

import argparse
import math
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from benchmarks.engine.watch import Cost, evaluate
from benchmarks.engine.workload import make
from benchmarks.section import write_section
from benchmarks.speed.environment import load, machine

HERE = Path(__file__).parent
# One or two of each kind: pooled C code, spectra, levels, resampling, correlation with lag search.
METRICS = "lsd_db,mrstft,si_sdr_db,estoi,loudness_error_lu,true_peak_error_db,pcc_envelope,pesq_wb"
EXPONENT_AT_MOST = 1.05
MEMORY_WITHIN = 0.10
FULL_FROM = 300  # clips of 3 s and more: fewer do not fill the batches


def measure(clips: int, clip_s: float, only: str) -> Cost:
    """A run over so many clips."""
    with tempfile.TemporaryDirectory() as folder:
        models = make(Path(folder), clips, clip_s)
        only_arguments = ["--only", only] if only else []
        run = Path(folder) / "run"
        return evaluate([models, "--out", run, "--trust", "--json", *only_arguments])


def exponent(clips: Sequence[int], costs_s: Sequence[float], start_s: float) -> float:
    """Slope of the logarithms; `start_s` is what any run costs."""
    own = np.log(np.maximum(np.asarray(costs_s) - start_s, 1e-9))
    slope, _ = np.polyfit(np.log(clips), own, 1)
    return float(slope)


def picture(clips: Sequence[int], costs: Sequence[Cost], path: Path) -> None:
    """Time and memory over clips."""
    figure = Figure(figsize=(8, 3.2), layout="constrained")
    left, right = figure.subplots(1, 2)
    left.loglog(clips, [one.cpu_s for one in costs], "o-", label="CPU time")
    left.loglog(clips, [one.wall_s for one in costs], "s--", label="wall time")
    left.set(xlabel="clips", ylabel="seconds")
    right.semilogx(clips, [one.peak_mib for one in costs], "o-", label="all processes")
    right.semilogx(clips, [one.main_mib for one in costs], "s--", label="main process")
    right.set(xlabel="clips", ylabel="peak memory, MiB")
    right.set_ylim(bottom=0)
    for axes in (left, right):
        axes.grid(alpha=0.3)
        axes.legend(frameon=False)
        axes.set_xticks(clips, [f"{count:,}" for count in clips])
        axes.minorticks_off()
    figure.savefig(path, metadata={"Date": None})


def section(
    clips: Sequence[int], costs: Sequence[Cost], start: Cost, clip_s: float, only: str
) -> str:
    """The figures as Markdown."""
    metrics = f"`{only.replace(',', '`, `')}`" if only else "all metrics"
    cpu = exponent(clips, [one.cpu_s for one in costs], start.cpu_s)
    wall = exponent(clips, [one.wall_s for one in costs], start.wall_s)
    peaks = [one.peak_mib for count, one in zip(clips, costs, strict=True) if count >= FULL_FROM]
    spread = max(peaks) / min(peaks) - 1 if peaks else math.nan
    rows = [
        f"| {count:,} | {one.cpu_s:.1f} | {one.wall_s:.1f} | {one.peak_mib:.0f} | "
        f"{one.main_mib:.0f} |"
        for count, one in zip((1, *clips), (start, *costs), strict=True)
    ]
    return "\n".join(
        [
            "## Cost over the number of clips",
            "",
            f"`python -m benchmarks.scaling`, {load()}; {machine()}.",
            "",
            f"Two systems, clips of {clip_s:g} s at 16 kHz, a new run folder each, report and "
            f"tables included; {metrics}. Memory: proportional shares of all processes.",
            "",
            "| clips | CPU, s | wall, s | peak of all, MiB | peak of the main process, MiB |",
            "|---|---|---|---|---|",
            *rows,
            "",
            f"Fitted exponent of CPU time **{cpu:.3f}** (wall {wall:.3f}), at most "
            f"{EXPONENT_AT_MOST}. Peak memory from {FULL_FROM} clips on (fewer do not fill the "
            f"batches that are read, scored and stored at once) within **{spread:.0%}**, at most "
            f"{MEMORY_WITHIN:.0%}.",
            "",
            "![Time and memory over clips](scaling.svg)",
        ]
    )


def main() -> None:
    """Measure all counts, smallest first, and write the section."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--clips", type=int, nargs="+", default=[100, 300, 1000, 3000])
    parser.add_argument("--clip-s", type=float, default=5.0, help="100 of them fill a batch")
    parser.add_argument("--only", default=METRICS, help="metrics; empty for all")
    parser.add_argument("--no-write", action="store_true", help="only print")
    arguments = parser.parse_args()
    start = measure(1, arguments.clip_s, arguments.only)
    costs = []
    for count in arguments.clips:
        costs.append(measure(count, arguments.clip_s, arguments.only))
        print(f"{count:,} clips: {costs[-1]}", flush=True)
    text = section(arguments.clips, costs, start, arguments.clip_s, arguments.only)
    print(text)
    if not arguments.no_write:
        picture(arguments.clips, costs, HERE / "scaling.svg")
        write_section(HERE / "RESULTS.md", "scaling", text)


if __name__ == "__main__":
    main()
