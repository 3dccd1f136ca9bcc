"""What a session will hold: its pages, trials and slots in an order that the seed alone decides.

An order sorts names by the SHA-256 of `study seed/session seed/page/…/name`: every order is equally
likely, pages are independent of each other, and anyone can derive it again with any tool.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass

from earwitness.stimuli.manifest import Stimulus, StimulusSet
from earwitness.stimuli.study import SLOT_LETTERS, Study
from earwitness.stimuli.study_pages import RatingPage, TrainingPage

SEED_BITS = 53  # exact in JSON, CSV and R, where numbers are doubles


@dataclass(frozen=True)
class PlannedTrial:
    """A trial: its item and the stimuli in the order A, B, C, …"""

    item: str
    is_training: bool
    stimuli: tuple[tuple[str, Stimulus], ...]


@dataclass(frozen=True)
class PlannedStep:
    """A page, or one trial of a page that has trials."""

    page_id: str
    trial: PlannedTrial | None = None


def new_seed() -> int:
    """A fresh seed for one session."""
    return secrets.randbits(SEED_BITS)


def shuffled(names: Iterable[str], *key: object) -> list[str]:
    """The names in the order that `key` decides."""
    prefix = "/".join(str(part) for part in key)
    return sorted(names, key=lambda name: hashlib.sha256(f"{prefix}/{name}".encode()).digest())


def plan_session(study: Study, stimuli: StimulusSet, seed: int) -> list[PlannedStep]:
    """All steps of a session in order: the same seed gives the same plan."""
    steps: list[PlannedStep] = []
    for page in study.pages:
        if isinstance(page, RatingPage | TrainingPage):
            steps += [PlannedStep(page.id, trial) for trial in _trials(study, stimuli, page, seed)]
        else:
            steps.append(PlannedStep(page.id))
    return steps


def _trials(
    study: Study, stimuli: StimulusSet, page: RatingPage | TrainingPage, seed: int
) -> list[PlannedTrial]:
    is_training = isinstance(page, TrainingPage)
    by_item: dict[str, dict[str, Stimulus]] = {}
    for stimulus in stimuli.stimuli:
        if stimulus.is_training == is_training and (not is_training or stimulus.page == page.id):
            by_item.setdefault(stimulus.item, {})[stimulus.system] = stimulus
    key = (study.design.seed, seed, page.id)
    return [
        PlannedTrial(item, is_training, _lettered(by_item[item], (*key, item)))
        for item in shuffled(by_item, *key)
    ]


def _lettered(
    by_system: dict[str, Stimulus], key: tuple[object, ...]
) -> tuple[tuple[str, Stimulus], ...]:
    order = shuffled(by_system, *key)
    return tuple(zip(SLOT_LETTERS, (by_system[system] for system in order), strict=False))
