"""Planned stopping under the most eager looking: after every participant from the 10th on.

    python -m benchmarks.calibration_sequential [--studies 4000]

Writes runs/calibration/sequential.json, which `python -m benchmarks.calibration --page` puts into
the page. Three systems against a baseline; α = 5 % is split over them.
"""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from scipy import stats

from benchmarks.calibration_studies import CUTS, SCENARIOS
from earwitness.analysis.arrays import Floats
from earwitness.analysis.planning.anytime import mixing_variance, reach_in_errors
from earwitness.analysis.planning.simulation import World, simulate

STORE = Path(__file__).resolve().parent.parent / "runs" / "calibration"
ALPHA, FIRST, LAST, SYSTEMS = 0.05, 10, 60, 4
EFFECTS = (0.0, 1.0, 2.0)  # logits, of the first system
BLOCK = 250


def looks(world: World, items: int, effect: float, songs: str, studies: int) -> dict[str, Any]:
    """Shares of studies in which some interval missed the truth, and in which all were decided."""
    effects = np.array([0.0, effect, 0.0, 0.0])
    truth = np.array([world.mean_rating(e) - world.mean_rating(0.0) for e in effects[1:]])
    found = []
    for first in range(0, studies, BLOCK):
        generator = np.random.default_rng([7, items, int(10 * effect), first])
        drawn = simulate(world, effects, LAST, items, min(BLOCK, studies - first), generator)
        found.append(_block(drawn[..., 1:] - drawn[..., :1], truth, songs))
    missed, naive, when = (np.concatenate(part) for part in zip(*found, strict=True))
    return {
        "items": items, "songs": songs, "effect": effect, "studies": studies,
        "missed": float(missed.mean()), "naive": float(naive.mean()),
        "found": float(np.isfinite(when).mean()),
        "median_participants": float(np.median(np.minimum(when, LAST))),
    }  # fmt: skip


def _block(differences: Floats, truth: Floats, songs: str) -> tuple[Floats, Floats, Floats]:
    studies, _, items, pairs = differences.shape
    share = ALPHA / pairs
    g = mixing_variance(share, LAST // 2)
    missed, naive = np.zeros(studies), np.zeros(studies)
    when = np.full(studies, np.inf)
    for count in range(FIRST, LAST + 1):
        seen = differences[:, :count]
        people = seen.mean(axis=2)
        error = people.std(axis=1, ddof=1) / np.sqrt(count)
        mean = people.mean(axis=1)
        half = reach_in_errors(count, share, g) * error
        if songs == "sample":
            of_items = seen.mean(axis=1).std(axis=1, ddof=1) / np.sqrt(items)
            half = np.hypot(half, stats.t.isf(share / 2, items - 1) * of_items)
        missed = np.maximum(missed, np.any(np.abs(mean - truth) > half, axis=1))
        single = stats.t.isf(share / 2, count - 1) * error
        naive = np.maximum(naive, np.any(np.abs(mean - truth) > single, axis=1))
        shown = np.abs(mean[:, 0]) > half[:, 0]
        when = np.where(shown & ~np.isfinite(when), count, when)
    return missed, naive, when


def main() -> None:
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--studies", type=int, default=4000)
    options = parser.parse_args()
    sampled, fixed = SCENARIOS["B-20x8"].world, SCENARIOS["A-20x8"].world
    real = SCENARIOS["D-20x8"].world
    assert sampled.cuts == CUTS
    rows = [
        {"world": name} | looks(world, items, effect, songs, options.studies)
        for name, world, songs in (
            ("A", fixed, "fixed"), ("B", sampled, "sample"), ("D", real, "sample")
        )
        for items in (8, 16)
        for effect in EFFECTS
    ]  # fmt: skip
    STORE.mkdir(parents=True, exist_ok=True)
    (STORE / "sequential.json").write_text(json.dumps(rows, indent=1), encoding="utf-8")
    for row in rows:
        print(row)


if __name__ == "__main__":
    main()
