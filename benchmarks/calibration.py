"""Does the report hold what it claims? Type-I error, coverage and power over simulated studies.

    python -m benchmarks.calibration [--studies 4000] [--cumulative 4000] [--scenario B-20x8 …]

Every chunk of studies is stored under runs/calibration; a run that was killed goes on where it
stopped, and the page benchmarks/CALIBRATION.md is written from all chunks that are there
(`--page` writes it without computing anything). The linear model and min-F′ are computed in closed
form (the studies are complete; a test shows that the numbers are those of the report), the
cumulative model by the report's own fit.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")  # small matrices; before numpy is loaded

import numpy as np
from rich.progress import Progress

from benchmarks.calibration_page import write_page
from benchmarks.calibration_studies import (
    SCENARIOS,
    WORLDS,
    analyse_cheap,
    ratings,
)
from earwitness.analysis.planning.cumulative import cumulative_model
from earwitness.analysis.planning.restriction import restriction

ROOT = Path(__file__).resolve().parent.parent
CHUNK = 50
Job = tuple[str, str, str, int, Path]  # kind, scenario, world, first study, file


def jobs(store: Path, names: list[str], studies: int, cumulative: int) -> Iterator[Job]:
    """Chunks that are missing; all scenarios advance together, the cheap ones first."""
    for kind, count in (("cheap", studies), ("widening", studies), ("cumulative", cumulative)):
        for first in range(0, count, CHUNK):
            for name in names:
                if kind != "cheap" and not SCENARIOS[name].world.cuts:
                    continue
                for world in WORLDS:
                    file = store / f"{kind}_{name}_{world}_{first:06d}.npz"
                    if not file.exists():
                        yield kind, name, world, first, file


def run(job: Job) -> None:
    """Simulate and analyse one chunk, and store it in one step."""
    kind, name, world, first, file = job
    studies = ratings(SCENARIOS[name], world, first, CHUNK)
    if kind == "cheap":
        found = analyse_cheap(studies)
    elif kind == "widening":
        found = {"widening": restriction(studies)}
    else:
        fits = [cumulative_model(study) for study in studies]
        found = {
            "cumulative: estimate": np.array([estimate for estimate, _ in fits]),
            "cumulative: error": np.array([error for _, error in fits]),
        }
    partial = file.with_suffix(".part.npz")
    np.savez_compressed(partial, **found)
    partial.replace(file)


def main() -> None:
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--studies", type=int, default=4000, help="per scenario and world")
    parser.add_argument("--cumulative", type=int, help="with the cumulative model [as --studies]")
    parser.add_argument("--scenario", nargs="+", choices=SCENARIOS, default=list(SCENARIOS))
    parser.add_argument("--processes", type=int, default=os.cpu_count())
    parser.add_argument("--store", type=Path, default=ROOT / "runs" / "calibration")
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks" / "CALIBRATION.md")
    parser.add_argument("--page", action="store_true", help="only write the page")
    options = parser.parse_args()
    options.store.mkdir(parents=True, exist_ok=True)
    cumulative = options.studies if options.cumulative is None else options.cumulative
    if not options.page:
        todo = list(jobs(options.store, options.scenario, options.studies, cumulative))
        with Progress() as bar, ProcessPoolExecutor(options.processes) as pool:
            task = bar.add_task("chunks", total=len(todo))
            for done in as_completed([pool.submit(run, job) for job in todo]):
                done.result()
                bar.advance(task)
    write_page(options.store, options.out)
    print(options.out)


if __name__ == "__main__":
    main()
