"""How simulated listeners judge: an ordinal model with known effects, the same for a seed.

A latent quality, in logits, is the sum of the system's utility (planted in the study file), effects
of listener, item, listener × system and item × system (normal), and a logistic residual. The points
of the scale cut it where answers to a quality of 0 would be equally frequent. The residuals on
several scales about one version are correlated: who likes it as a whole likes its attributes.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from statistics import NormalDist

from earwitness.stimuli.pages.training import TRAINING_BAD
from earwitness.stimuli.pages.trials import Identity
from earwitness.stimuli.scales import Scale
from earwitness.stimuli.study import Simulation

LISTENER_SD = 0.8
ITEM_SD = 0.4
LISTENER_SYSTEM_SD = 0.5
ITEM_SYSTEM_SD = 0.25
SCALE_CORRELATION = 0.7
DECLINE_PROBABILITY = 0.01
TRAINING_LOGITS = 4.0  # a very good version is this far above 0, a very bad one this far below

_NORMAL = NormalDist()


@dataclass(frozen=True)
class Listener:
    """One simulated listener; `number` (from 0) and the seed decide everything about them."""

    simulation: Simulation
    number: int

    def answer(self, scale: Scale, heard: Identity) -> int | None:
        """Their rating of what they heard, 1..n; None when they decline."""
        return self.category(scale.points, scale.id, heard)

    def category(self, points: int, scale: str, heard: Identity) -> int | None:
        """A rating 1..points; None when they decline."""
        place = (self.number, heard.item, heard.system, heard.is_training)
        if self._uniform("decline", *place, scale) < DECLINE_PROBABILITY:
            return None
        latent = self.latent(scale, heard)
        cuts = (_logit(point / points) for point in range(1, points))
        return 1 + sum(latent > cut for cut in cuts)

    def latent(self, scale: str, heard: Identity) -> float:
        """The quality that they perceive, in logits; 0 is the middle of a scale."""
        place = (self.number, heard.item, heard.system, heard.is_training)
        shared = self._normal("shared residual", *place)
        own = self._normal("own residual", *place, scale)
        mixed = math.sqrt(SCALE_CORRELATION) * shared + math.sqrt(1 - SCALE_CORRELATION) * own
        return self._quality(heard) + _logit(_NORMAL.cdf(mixed))

    def chance(self, *what: object) -> float:
        """A number between 0 and 1 that belongs to this listener and `what`."""
        return self._uniform("chance", self.number, *what)

    def _quality(self, heard: Identity) -> float:
        if heard.is_training:
            return -TRAINING_LOGITS if heard.system == TRAINING_BAD else TRAINING_LOGITS
        return (
            self.simulation.utilities.get(heard.system, 0.0)
            + LISTENER_SD * self._normal("listener", self.number)
            + ITEM_SD * self._normal("item", heard.item)
            + LISTENER_SYSTEM_SD * self._normal("listener system", self.number, heard.system)
            + ITEM_SYSTEM_SD * self._normal("item system", heard.item, heard.system)
        )

    def _normal(self, *key: object) -> float:
        return _NORMAL.inv_cdf(self._uniform(*key))

    def _uniform(self, *key: object) -> float:
        """Strictly between 0 and 1; the order of drawing does not matter."""
        text = repr((self.simulation.seed, *key))
        drawn = int.from_bytes(hashlib.sha256(text.encode()).digest()[:6])
        return (drawn + 0.5) / 2**48


def _logit(probability: float) -> float:
    return math.log(probability / (1.0 - probability))
