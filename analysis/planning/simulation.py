"""Studies that never took place: participants × items × systems from a model with known effects.

    latent = effect of the system + participant + item + participant:system + item:system + noise

On a category scale the latent value is logistic and cut into categories, as the cumulative link
mixed model has it; on another it is the rating itself, with normal noise.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import optimize, special

from ..arrays import Floats

LOGISTIC_SD = np.pi / np.sqrt(3)  # of the standard logistic distribution
_NODES, _WEIGHTS = special.roots_hermitenorm(61)


@dataclass(frozen=True)
class Deviations:
    """Standard deviations of the random effects, in logits (category scale) or points."""

    participant: float
    item: float
    participant_system: float
    item_system: float

    @property
    def total(self) -> float:
        """Of all of them together."""
        parts = (self.participant, self.item, self.participant_system, self.item_system)
        return float(np.sqrt(sum(part**2 for part in parts)))


@dataclass(frozen=True)
class World:
    """What is true of a scale.

    `cuts` are the thresholds between the categories 1..n in logits, none on a scale without
    categories; `residual` is the noise there, in points, around `middle`.
    """

    deviations: Deviations
    cuts: tuple[float, ...] = ()
    residual: float = float(LOGISTIC_SD)
    middle: float = 0.0

    def mean_rating(self, effect: float) -> float:
        """The mean rating of a system with this effect, over all participants and items."""
        if not self.cuts:
            return self.middle + effect
        latent = effect + self.deviations.total * _NODES
        above = special.expit(latent[:, None] - np.array(self.cuts))
        return float(1 + _WEIGHTS @ above.sum(axis=1) / _WEIGHTS.sum())

    def effect_of(self, difference: float) -> float:
        """The effect whose mean rating lies `difference` points above that of an effect of 0.

        Raises:
            ValueError: the scale ends before that.
        """
        if not self.cuts:
            return difference
        start = self.mean_rating(0.0)
        room = (len(self.cuts) + 1 - start) if difference > 0 else start - 1
        if abs(difference) >= 0.98 * room:
            raise ValueError(
                f"the scale has {room:.2g} points of room where the baseline's mean is {start:.3g}"
            )
        return float(
            optimize.brentq(lambda e: self.mean_rating(e) - start - difference, -30.0, 30.0)
        )


def simulate(
    world: World,
    effects: Floats,
    participants: int,
    items: int,
    studies: int,
    generator: np.random.Generator,
) -> Floats:
    """Complete studies in which everyone rates every system on every item once.

    Args:
        world: what is true.
        effects: of each system, in logits (category scale) or points.
        participants: per study.
        items: per study.
        studies: how many; all drawn from `generator`.
        generator: of all random numbers.

    Returns:
        Ratings, study × participant × item × system.
    """
    shape = (studies, participants, items, len(effects))

    def normal(deviation: float, *axes: int) -> Floats:
        size = [shape[axis] if axis in axes else 1 for axis in range(4)]
        return np.asarray(deviation * generator.standard_normal(size))

    spread = world.deviations
    latent = np.asarray(effects) + normal(spread.participant, 0, 1) + normal(spread.item, 0, 2)
    latent = latent + normal(spread.participant_system, 0, 1, 3)
    latent = latent + normal(spread.item_system, 0, 2, 3)
    if not world.cuts:
        noise = generator.normal(0.0, world.residual, size=shape)
        return np.asarray(world.middle + latent + noise, dtype=np.float64)
    latent = latent + generator.logistic(size=shape)
    return np.asarray(1.0 + np.searchsorted(np.array(world.cuts), latent), dtype=np.float64)
