"""PESQ beside the rest: is C code's speed reached on all cores, and how much does it hide?"""

from __future__ import annotations

import os
import statistics
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from .comparisons import SENTENCES, SPEECH
from .contender import Contender
from .workload import write_round

PESQ = ("pesq_wb",)


@dataclass(frozen=True)
class Overlap:
    """Milliseconds a pair, medians over the rounds.

    Attributes:
        direct_ms: CPU time of `pesq` in a plain loop.
        pool_ms: wall time of our process pool.
        pool_cpu_ms: its CPU time.
        rest_ms: wall time of the other speech metrics alone.
        both_ms: wall time of all together.
        hidden: the share of the shorter of both that the longer one hides.
    """

    direct_ms: float
    pool_ms: float
    pool_cpu_ms: float
    rest_ms: float
    both_ms: float
    hidden: float

    @property
    def speed_of_c(self) -> float:
        """Throughput of the pool over that of a plain loop on every core."""
        return self.direct_ms / self.pool_ms / (os.cpu_count() or 1)


def measure_overlap(contenders: Mapping[str, Contender], folder: Path, rounds: int) -> Overlap:
    """Time PESQ alone, the rest alone and both, in turns, after a round to warm up."""
    ours, loop = contenders["ours"], contenders["loop"]
    found = []
    for number in range(rounds + 1):
        pairs = write_round(folder, number, 0, 2 * SENTENCES)
        direct = loop.score(pairs, PESQ).cpu_s
        pool = ours.score(pairs, PESQ)
        rest = ours.score(pairs, SPEECH).wall_s
        both = ours.score(pairs, (*PESQ, *SPEECH)).wall_s
        hidden = (pool.wall_s + rest - both) / min(pool.wall_s, rest)
        each = (1e3 * value / len(pairs) for value in (direct, pool.wall_s, pool.cpu_s, rest, both))
        found.append((*each, hidden))
    return Overlap(*(statistics.median(column) for column in zip(*found[1:], strict=True)))
