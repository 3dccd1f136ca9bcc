"""What a simulated listener can do; the listening test has one (`earwitness simulate`)."""

from __future__ import annotations

import math
from typing import Protocol

from .trials import Identity


class Judge(Protocol):
    """One simulated listener: every answer is the same for the same seed."""

    def category(self, points: int, scale: str, heard: Identity) -> int | None:
        """A rating 1..points; None when they decline."""
        ...

    def latent(self, scale: str, heard: Identity) -> float:
        """The quality that they perceive, in logits; 0 is the middle of a scale."""
        ...

    def chance(self, *what: object) -> float:
        """A number between 0 and 1 that belongs to this listener and `what`."""
        ...


def logistic(logits: float) -> float:
    """The probability of a logit."""
    return 1.0 / (1.0 + math.exp(-logits))
