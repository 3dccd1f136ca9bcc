"""One relative loudness for every song, from the literature."""

from earwitness.evaluation.systems.mix.constant import FixedConstant as Constant

__all__ = ["Constant"]
