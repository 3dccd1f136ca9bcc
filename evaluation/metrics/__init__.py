"""Objective metrics: declared by facts, found by id, computed in batches on the device.

`metric("estoi")(estimate=, reference=, rate=)` scores one pair, `score_pairs` many.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor

from .facts import Facts, Outcome, Pair, Unscorable
from .metric import Metric
from .registry import all_metrics, metric, register

__all__ = [
    "Facts",
    "Metric",
    "Outcome",
    "Pair",
    "Unscorable",
    "all_metrics",
    "metric",
    "register",
    "score_pairs",
]


def score_pairs(
    pairs: Sequence[Pair],
    metrics: Sequence[Metric],
    *,
    device: str = "cpu",
    pool: ProcessPoolExecutor | None = None,
) -> list[list[Outcome]]:
    """Compute every metric of every pair: `scoring.score_pairs`, importing torch only now."""
    from .scoring import score_pairs as score

    return score(pairs, metrics, device=device, pool=pool)
