"""Search the settings of a channel strip until the result sounds like the example."""

from earwitness.evaluation.systems.style.matcher import StripMatcher as SpsaMatch

__all__ = ["SpsaMatch"]
