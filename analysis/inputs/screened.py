"""What a screening rule is: it sees the ratings and flags some of them, or cannot be applied."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pandas as pd

Mask = pd.Series


@dataclass(frozen=True)
class Screened:
    """What a rule needs to know. `hundred` names the scales from 0 to 100."""

    ratings: pd.DataFrame
    sessions: pd.DataFrame | None
    roles: Mapping[str, str]
    hundred: frozenset[str]
    listened_share: float


class NotApplicableError(Exception):
    """The data lacks what a rule looks at; the message says what."""


@dataclass(frozen=True)
class Rule:
    """`flags` gives true per rating, or raises NotApplicableError.

    `is_hint`: many honest participants meet it, so that the analysis without everything flagged
    keeps them; a study may still plan it.
    """

    name: str
    words: str
    flags: Callable[[Screened], Mask]
    is_hint: bool = False


def of_participants(seen: Screened, names: pd.Index) -> Mask:
    """All ratings of these participants."""
    return seen.ratings["participant"].isin(set(names))
