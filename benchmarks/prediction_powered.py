"""From how many rated items on do the prediction-powered intervals hold? Writes the proven table.

    python -m benchmarks.prediction_powered [--studies 4000]

Category ratings of one system by everyone, on items that a metric follows with a correlation of 0,
0.5 or 0.9 (or by a curve), with as many or five times as many unrated items, and 12, 20 or 40
participants. The table, analysis/predictors/proven.json, decides what the report shows.
"""

from __future__ import annotations

import argparse
import json
import os
from itertools import product
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from rich.progress import track

from earwitness.analysis.planning.simulation import Deviations, World
from earwitness.analysis.predictors.prediction_powered import powered_mean

ROOT = Path(__file__).resolve().parent.parent
ITEMS = (6, 8, 10, 12, 16, 24, 32, 48)
WORLD = World(Deviations(1.0, 0.5, 0.6, 1.0), cuts=(-2.2, -0.8, 0.6, 2.0))
EFFECT = 0.5
MIXES = tuple(
    product((1, 5), (12, 20, 40), ((0.0, False), (0.5, False), (0.9, False), (0.9, True)))
)


def coverage(
    items: int, times: int, people: int, strength: float, curved: bool, studies: int
) -> tuple[float, float]:
    """Share of 95 % intervals that cover, and the median equivalent of extra items."""
    generator = np.random.default_rng([items, times, people, int(10 * strength), curved])
    spread = WORLD.deviations
    of_item = np.hypot(spread.item, spread.item_system)
    of_person = np.hypot(spread.participant, spread.participant_system)
    truth, hits, gains = WORLD.mean_rating(EFFECT), 0, []
    for _ in range(studies):
        quality = generator.standard_normal(items * (1 + times))
        noise = generator.standard_normal(len(quality))
        metric = strength * quality + np.sqrt(1 - strength**2) * noise
        metric = np.exp(metric) if curved else metric
        latent = EFFECT + of_item * quality[:items]
        latent = latent + of_person * generator.standard_normal((people, 1))
        latent = latent + generator.logistic(size=(people, items))
        ratings = 1.0 + np.searchsorted(np.array(WORLD.cuts), latent)
        found = powered_mean(ratings, metric[:items], metric[items:])
        assert found is not None
        low, high = found.interval(0.05)
        hits += low <= truth <= high
        gains.append(found.extra_items)
    return hits / studies, float(np.median(gains))


def main() -> None:
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--studies", type=int, default=4000, help="per mixture of circumstances")
    options = parser.parse_args()
    rows = []
    for items in track(ITEMS, "rated items"):
        found = [coverage(items, t, p, r, c, options.studies) for t, p, (r, c) in MIXES]
        covered = [share for share, _ in found]
        strong = [gain for (_, gain), (t, p, (r, c)) in zip(found, MIXES, strict=True)
                  if (t, p, r, c) == (5, 20, 0.9, False)]  # fmt: skip
        rows.append({"items": items, "lowest": min(covered), "highest": max(covered),
                     "extra_items_at_0.9": round(strong[0], 1)})  # fmt: skip
    table = {"studies": options.studies, "mixtures": len(MIXES), "rated_items": rows}
    out = ROOT / "analysis" / "predictors" / "proven.json"
    out.write_text(json.dumps(table, indent=1) + "\n", encoding="utf-8")
    for row in rows:
        print(row)


if __name__ == "__main__":
    main()
