"""A system that searches a channel strip for the style of an example."""

from __future__ import annotations

from collections.abc import Mapping

from earwitness.evaluation.adapters.interface import ItemInputs, Rendering
from earwitness.stimuli.effects.render import apply_effect
from earwitness.stimuli.effects.table import effect
from earwitness.stimuli.errors import ModelError

from .distance import StyleDistance
from .search import by_cma, by_spsa, match

SEARCHERS = {"spsa": by_spsa, "cma": by_cma}


class StripMatcher:
    """Parameters: `method` (`spsa` or `cma`), `iterations` of the search, `restarts`, `seed`."""

    def __init__(self, parameters: Mapping[str, object]) -> None:
        method = str(parameters["method"])
        if method not in SEARCHERS:
            raise ModelError(f"method is {' or '.join(SEARCHERS)}, not {method!r}")
        self.search = SEARCHERS[method](int(str(parameters["iterations"])))
        self.restarts = int(str(parameters["restarts"]))
        self.seed = int(str(parameters["seed"]))
        self.strip = effect("channel-strip")

    def render(self, inputs: ItemInputs) -> Rendering:
        clean, rate = inputs.audio["input"], inputs.rate
        distance = StyleDistance(inputs.audio["style"], rate)
        settings, _ = match(
            clean, rate, self.strip, distance, self.search, seed=self.seed, restarts=self.restarts
        )
        return Rendering(apply_effect(clean, rate, self.strip, settings))
