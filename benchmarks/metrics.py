"""CPU time of every metric by itself, for whoever works on one.

    python -m benchmarks.metrics [--only ID ...]

Four systems of one item share its reference, as in a run; checks and policies (level, channels,
rate) are part of a metric's time, though a run shares them. One thread; medians of three runs. What
peers take, and how far kernels are from their limits: `python -m benchmarks.speed`.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch
from rich.console import Console
from rich.table import Table

from earwitness.evaluation.metrics import Pair, all_metrics, score_pairs
from earwitness.evaluation.metrics.metric import Metric

from .speed.ours import read_pairs
from .speed.workload import write_round

RUNS = 3


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--only", nargs="*", help="ids of metrics (default: all)")
    wanted = parser.parse_args().only
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        pairs = read_pairs(write_round(Path(folder), 0, 1, 1))
    by_task = {
        "mix": [_with_stems(pair) for pair in pairs if pair.task == "mix"],
        "speech": [pair for pair in pairs if pair.task == "speech"],
    }
    table = Table("metric", "task", "CPU ms a clip of 10 s")
    for name, metric in all_metrics().items():
        for task, own in by_task.items():
            if (not wanted or name in wanted) and task in (metric.facts.tasks or (task,)):
                table.add_row(name, task, f"{_milliseconds(metric, own):.1f}")
    Console().print(table)


def _with_stems(pair: Pair) -> Pair:
    stems = {"lead": pair.reference, "backing": pair.estimate}
    return replace(pair, estimate_stems=stems, reference_stems=stems)


def _milliseconds(metric: Metric, pairs: Sequence[Pair]) -> float:
    score_pairs(pairs, [metric])
    times = []
    for _ in range(RUNS):
        started = time.process_time()
        score_pairs(pairs, [metric])
        times.append(time.process_time() - started)
    return 1e3 * statistics.median(times) / len(pairs)


if __name__ == "__main__":
    main()
