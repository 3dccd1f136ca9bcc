"""The chance level of a similarity: what a system's renderings reach against the wrong references.

The estimate of item i is compared with the reference of items j ≠ i, cut to the shorter of both,
through the same metric with the same level matching and lag search. A value that is not above this
level says nothing about the item.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor

import numpy as np

from earwitness.stimuli.audio import Signal

from .facts import Pair
from .metric import Metric

# Wrong references for each estimate. With 8 items and more, the mean over items then wavers less
# than the mean of the right pairings does.
PARTNERS = 3


def wrong_pairings(count: int, seed: int, partners: int = PARTNERS) -> list[tuple[int, int]]:
    """(estimate, reference) of `count` items that don't belong together.

    Every item takes part equally often on both sides, no pairing twice; the same for all systems
    of equally many items. Empty for fewer than 2 items.
    """
    order = np.random.default_rng(seed).permutation(count).tolist()
    return [
        (order[place], order[(place + shift) % count])
        for shift in range(1, min(partners, count - 1) + 1)
        for place in range(count)
    ]


def mispaired(pair: Pair, other: Pair) -> Pair | None:
    """The estimate of `pair` against the reference of `other`; None where rates or channels differ.

    Both begin with their first frame and end with the shorter one's last.
    """
    estimate, reference = pair.estimate, other.reference
    if (estimate.rate, estimate.channels) != (reference.rate, reference.channels):
        return None
    frames = min(estimate.frames, reference.frames)
    return Pair(
        system=pair.system,
        item=f"{pair.item} against {other.item}",
        task=pair.task,
        estimate=_cut(estimate, frames),
        reference=_cut(reference, frames),
        level_is_given=pair.level_is_given,
    )


def chance_levels(
    pairs: Sequence[Pair],
    metrics: Sequence[Metric],
    *,
    seed: int = 0,
    partners: int = PARTNERS,
    device: str = "cpu",
    pool: ProcessPoolExecutor | None = None,
) -> list[float | None]:
    """Mean of each metric over the same wrong pairings.

    Args:
        pairs: of one system, one per item.
        metrics: of two signals; their facts say `has_chance` where the level has a meaning.
        seed: of the pairings.
        partners: wrong references for each estimate.
        device: torch's name of the device.
        pool: where C-only metrics run.

    Returns:
        One mean per metric over the pairings that have a value; None where no pairing has one
        (fewer than two items, say).
    """
    from .scoring import score_pairs  # here, as scoring needs torch and a worker does not

    made = [mispaired(pairs[i], pairs[j]) for i, j in wrong_pairings(len(pairs), seed, partners)]
    wrong = [pair for pair in made if pair is not None]
    table = score_pairs(wrong, metrics, device=device, pool=pool)
    columns = ([row[place].value for row in table] for place in range(len(metrics)))
    known = ([value for value in column if value is not None] for column in columns)
    return [float(np.mean(values)) if values else None for values in known]


def chance_level(
    pairs: Sequence[Pair],
    metric: Metric,
    *,
    seed: int = 0,
    device: str = "cpu",
    pool: ProcessPoolExecutor | None = None,
) -> float | None:
    """`chance_levels` of one metric."""
    [level] = chance_levels(pairs, [metric], seed=seed, device=device, pool=pool)
    return level


def _cut(signal: Signal, frames: int) -> Signal:
    return Signal(signal.samples[:, :frames], signal.rate)
