"""The records of a scale that its page type adds, or that stand in for those of ratings."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from ..records.report import Plan
from .discrimination import discrimination
from .kinds import Kind
from .preferences import preferences
from .sentences import confusions, word_errors
from .trials import comparisons

ALONE: tuple[Kind, ...] = ("pair", "abx")  # whose values are no ratings


def task_records(
    kind: Kind, ratings: pd.DataFrame, scale: str, baseline: str, plan: Plan, seed: int
) -> dict[str, Sequence[object]]:
    """By their name in `report.json`; empty for ratings."""
    if kind == "pair":
        found = preferences(comparisons(ratings), scale, baseline, plan)
        return {
            "models": [found.model], "preferences": found.preferences,
            "abilities": found.abilities,
        }  # fmt: skip
    if kind == "abx":
        return {"discrimination": discrimination(ratings, scale, plan.alpha)}
    if kind == "transcription":
        return {"word_errors": word_errors(ratings, scale, plan.alpha, seed)}
    return {"confusions": confusions(ratings, scale)} if kind == "right_or_wrong" else {}
