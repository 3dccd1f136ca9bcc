"""Trials as they are planned, asked and answered; orders that a seed alone decides.

An order sorts names by the SHA-256 of `study seed/session seed/page/…/name`: every order is equally
likely, pages are independent of each other, and anyone can derive it again with any tool.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..manifest import Stimulus
    from ..scales import Question

SLOT_LETTERS = "ABCDEFGHIJKL"


@dataclass(frozen=True)
class Order:
    """The orders of one page in one session: `key` is study seed, session seed, page id."""

    key: tuple[object, ...]

    def shuffled(self, names: Iterable[str], *more: object) -> list[str]:
        """The names in the order that the key and `more` decide."""
        return shuffled(names, *self.key, *more)


def shuffled(names: Iterable[str], *key: object) -> list[str]:
    """The names in the order that `key` decides."""
    prefix = "/".join(str(part) for part in key)
    return sorted(names, key=lambda name: hashlib.sha256(f"{prefix}/{name}".encode()).digest())


@dataclass(frozen=True)
class PlannedTrial:
    """A trial: its item, (letter, stimulus) in the order shown, and what the right answer is.

    `is_pair` says that the slots A and B are compared: their rows name the other one (`versus`).
    """

    item: str
    is_training: bool
    stimuli: tuple[tuple[str, Stimulus], ...]
    target: str | None = None
    is_pair: bool = False

    def versus(self, letter: str) -> str | None:
        """The system that the one in slot `letter` is compared with."""
        own = dict(self.stimuli)[letter].system
        others = [one.system for name, one in self.stimuli if name in "AB" and one.system != own]
        return others[0] if self.is_pair and letter in "ABX" else None


@dataclass(frozen=True)
class TrialView:
    """A trial as it is stored, for questions and scores. `systems`: letter → system."""

    item: str
    target: str | None
    systems: Mapping[str, str]
    order: Order


@dataclass(frozen=True)
class Identity:
    """What a slot really is."""

    item: str
    system: str
    is_training: bool
    role: str = ""
    letter: str = ""
    page: str = ""
    trial: int = 0
    target: str | None = None


@dataclass(frozen=True)
class Asked:
    """A question to a simulated listener, the slot it is about, and all slots by letter."""

    question: Question
    heard: Identity
    slots: Mapping[str, Identity]
