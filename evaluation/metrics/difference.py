"""Metrics that are a difference, estimate − reference: its absolute value and its signed twin."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from .batch import Scores
from .facts import Facts
from .metric import Metric
from .registry import register

Signed = Callable[..., Scores]


def register_error(facts: Facts, *, twin: bool = False) -> Callable[[Signed], Metric]:
    """Register the absolute value of a signed difference under `facts`.

    Args:
        facts: of the error; the id contains `_error_`.
        twin: also register the difference itself, as a descriptor with `_difference_` in its id.
    """

    def decorate(signed: Signed) -> Metric:
        @functools.wraps(signed)
        def absolute(signals: Any) -> Scores:
            scores = signed(signals)
            return Scores(scores.values.abs(), scores.gaps)

        made = register(facts)(absolute)
        if twin:
            register(_twin(facts))(signed)
        return made

    return decorate


def _twin(facts: Facts) -> Facts:
    return replace(
        facts,
        id=facts.id.replace("_error_", "_difference_"),
        title=facts.title.replace("error", "difference"),
        low=None,
        high=None,
        direction="",
        description=f"Signed twin of `{facts.id}`, estimate − reference: {facts.description}",
    )
