"""One reading of the loudness meter for both sides of a view, and the pairs that have none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from .batch import Gap, View, hops, unmeasurable
from .loudness import CHANNEL_WEIGHTS, STEP_S, Hops


@dataclass(frozen=True, eq=False)
class Reading:
    """Values of both sides, float64 per pair, and the pairs without one."""

    estimate: Tensor
    reference: Tensor
    gaps: tuple[Gap, ...]

    @property
    def difference(self) -> Tensor:
        """Estimate − reference."""
        return self.estimate - self.reference


def reading(view: View, read: Callable[[Hops], Tensor], steps: int) -> Reading:
    """What `read` says of both sides; `steps` is the length of its blocks in 100 ms."""
    if view.reference.shape[1] not in CHANNEL_WEIGHTS:
        unknown = torch.full_like(view.lengths, torch.nan, dtype=torch.float64)
        return Reading(unknown, unknown, unmeasurable(view))
    sides = hops(view)
    estimate, reference = (read(side) for side in sides)
    seconds = f"{steps * STEP_S:g} s"
    short = sides[1].counts < steps * sides[1].per_100_ms
    gaps = tuple(
        Gap(~torch.isfinite(value), f"the {name} has no {seconds} block above −70 LUFS")
        for name, value in (("estimate", estimate), ("reference", reference))
    )
    return Reading(
        estimate, reference, (Gap(short, f"shorter than {seconds}", "not_applicable"), *gaps)
    )
