"""What is known of a set: one number with its size, or the reason why there is none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from ..metrics.facts import Outcome
from ..store import Record


@dataclass(frozen=True)
class SetScore:
    """The score of one system on one dataset.

    Attributes:
        outcome: value or reason.
        items: size of the set.
        embeddings: vectors of the estimates; of the references there are as many.
        dimensions: of the vectors.
        rank: dimensions that both sets of vectors span.
        ci_low, ci_high: 95 % bounds of the value, where defined.
        replicates: values without one block of groups each.
    """

    outcome: Outcome
    items: int
    embeddings: int | None = None
    dimensions: int | None = None
    rank: int | None = None
    ci_low: float | None = None
    ci_high: float | None = None
    replicates: tuple[float, ...] = ()

    @classmethod
    def from_record(cls, record: Record) -> SetScore:
        """The score that `record` describes."""
        replicates = tuple(record["replicates"])
        outcome = Outcome(**record["outcome"])
        return cls(**{**record, "outcome": outcome, "replicates": replicates})

    def record(self) -> Record:
        """The score for the store."""
        return asdict(self)


SetKey = tuple[str, str, str]  # system, dataset, metric id
ItemKey = tuple[str, str, str]  # system, item, metric id


@dataclass(frozen=True)
class SetScores:
    """The scores of a run that are over sets, and those of items that need a set."""

    sets: Mapping[SetKey, SetScore] = field(default_factory=dict)
    items: Mapping[ItemKey, Outcome] = field(default_factory=dict)
