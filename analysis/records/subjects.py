"""The records of the subject model (ITU-T P.910, P.913)."""

from __future__ import annotations

from .base import Number, Record


class Subject(Record):
    """A participant's bias and inconsistency, in points of the scale."""

    scale: str
    participant: str
    bias: Number
    inconsistency: Number


class CorrectedMean(Record):
    """A stimulus's plain mean, and the one with biases removed and participants weighted."""

    scale: str
    system: str
    item: str
    mean: Number
    corrected: Number
    ci_low: Number
    ci_high: Number
