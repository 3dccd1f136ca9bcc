"""What a session will hold: its pages, trials and slots in an order that the seed alone decides."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from earwitness.stimuli.manifest import StimulusSet
from earwitness.stimuli.pages.base import BasePage, TrialPage
from earwitness.stimuli.pages.trials import Order, PlannedTrial
from earwitness.stimuli.study import Study

SEED_BITS = 53  # exact in JSON, CSV and R, where numbers are doubles


@dataclass(frozen=True)
class PlannedStep:
    """A page, or one trial of a page that has trials."""

    page_id: str
    trial: PlannedTrial | None = None


def new_seed() -> int:
    """A fresh seed for one session."""
    return secrets.randbits(SEED_BITS)


def order_of(study: Study, page: BasePage, seed: int) -> Order:
    """The orders of a page in the session with that seed."""
    return Order((study.design.seed, seed, page.id))


def plan_session(study: Study, stimuli: StimulusSet, seed: int) -> list[PlannedStep]:
    """All steps of a session in order: the same seed gives the same plan."""
    steps: list[PlannedStep] = []
    for page in study.pages:
        if isinstance(page, TrialPage):
            trials = page.trials(study, stimuli, order_of(study, page, seed))
            steps += [PlannedStep(page.id, trial) for trial in trials]
        else:
            steps.append(PlannedStep(page.id))
    return steps
