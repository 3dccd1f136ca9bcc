"""Match a style by searching the settings of a channel strip: SPSA, or CMA-ES, one interface."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from earwitness.stimuli.audio import Samples
from earwitness.stimuli.effects.render import apply_effect
from earwitness.stimuli.effects.table import Effect
from earwitness.stimuli.errors import ModelError

from .spsa import Found, Loss, Search, minimise

Floats = npt.NDArray[np.float64]
Searcher = Callable[[Loss, Floats, int], Found]

RESTARTS = 3


def match(
    clean: Samples,
    rate: int,
    effect: Effect,
    distance: Callable[[Samples], float],
    searcher: Searcher,
    *,
    seed: int,
    restarts: int = RESTARTS,
) -> tuple[dict[str, float], Found]:
    """Settings of the effect with which `clean` comes nearest; the best of several starts.

    The first start has all settings in the middle, the others are drawn.

    Raises:
        StimulusError: pedalboard is not installed.
    """
    names = [parameter.name for parameter in effect.parameters]

    def loss(settings: Floats) -> float:
        named = dict(zip(names, (float(s) for s in settings), strict=True))
        return distance(apply_effect(clean, rate, effect, named))

    draw = np.random.default_rng(seed)
    starts = [np.full(len(names), 0.5), *draw.uniform(size=(restarts - 1, len(names)))]
    found = [searcher(loss, start, seed + number) for number, start in enumerate(starts)]
    best = min(found, key=lambda one: one.loss)
    return dict(zip(names, (float(s) for s in best.settings), strict=True)), best


def by_spsa(iterations: int) -> Searcher:
    """Simultaneous perturbation: two evaluations an iteration."""
    return lambda loss, start, seed: minimise(loss, start, Search(iterations), seed=seed)


def by_cma(iterations: int, *, population: int = 8, sigma: float = 0.2) -> Searcher:
    """Covariance matrix adaptation by the package `cma` (N. Hansen, arXiv:1604.00772)."""

    def searcher(loss: Loss, start: Floats, seed: int) -> Found:
        try:
            import cma
        except ImportError as error:
            raise ModelError("CMA-ES needs cma: pip install 'earwitness[effects]'") from error
        options = {
            "bounds": [0.0, 1.0],
            "seed": seed + 1,
            "maxiter": iterations,
            "popsize": population,
            "verbose": -9,
        }
        strategy = cma.CMAEvolutionStrategy(start, sigma, options)
        strategy.optimize(loss)
        result = strategy.result
        return Found(
            np.asarray(result.xbest), float(result.fbest), loss(start), int(result.evaluations)
        )

    return searcher
