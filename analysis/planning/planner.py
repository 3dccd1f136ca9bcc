"""Power over a grid of participants and items for every kind of scale of a study."""

from __future__ import annotations

import platform
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from importlib.metadata import version
from multiprocessing import get_context

import numpy as np

from earwitness.stimuli.errors import ConfigError

from ..comparisons.family import FEWEST_ITEMS
from .assumptions import Assumed, PlannedScale
from .balanced import Comparisons, linear_model
from .cumulative import cumulative_model
from .power import Question, Simulated, decided, monte_carlo_interval
from .records import AssumedDeviations, ModelCheck, Needed, PowerPlan, ScalePower
from .restriction import restriction

TARGETS = (0.8, 0.9)
Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Design:
    """What is planned: the grid, how finely it is simulated, and what the study has now."""

    participants: tuple[int, ...]
    items: tuple[int, ...]
    study_items: int | None
    target: float = TARGETS[0]
    studies: int = 600
    checked: int = 60  # studies that the cumulative model is fitted to; 0: none
    seed: int = 1
    processes: int = 1


@dataclass(frozen=True)
class Subject:
    """Who is compared, for the record."""

    baseline: str
    systems: int
    bound_source: str


def make_power_plan(
    scales: Sequence[tuple[Sequence[PlannedScale], Assumed]],
    question: Question,
    design: Design,
    subject: Subject,
    progress: Progress = lambda *_: None,
) -> PowerPlan:
    """Simulate all scales.

    Args:
        scales: those that share an assumption are planned once.
        question: what shall be shown.
        design: the grid.
        subject: for the record.
        progress: called with what is done, all there is to do, and what comes next.

    Raises:
        ConfigError: the effect does not fit on a scale.
    """
    steps = len(scales) * (len(design.participants) + len(design.items) + (design.checked > 0))
    meter = _Meter(progress, steps)
    found = [_scale_power(alike, assumed, question, design, meter) for alike, assumed in scales]
    return PowerPlan(
        aim=question.aim, bound=question.bound, bound_source=subject.bound_source,
        baseline=subject.baseline, systems=subject.systems, comparisons=question.comparisons,
        multiplicity=question.multiplicity, alpha=question.alpha, target=design.target,
        fewest_items=FEWEST_ITEMS, study_items=design.study_items, studies=design.studies,
        seed=design.seed, simulation_error=float(np.sqrt(0.16 / design.studies)), scales=found,
        versions={"python": platform.python_version(), "earwitness": version("earwitness"),
                  "numpy": version("numpy"), "scipy": version("scipy")},
    )  # fmt: skip


class _Meter:
    def __init__(self, progress: Progress, total: int) -> None:
        self._progress, self._total, self._done = progress, total, 0

    def tick(self, what: str) -> None:
        self._done += 1
        self._progress(self._done, self._total, what)


def _scale_power(
    alike: Sequence[PlannedScale],
    assumed: Assumed,
    question: Question,
    design: Design,
    meter: _Meter,
) -> ScalePower:
    names = [scale.id for scale in alike]
    largest = (max(design.participants), max(design.items))
    try:
        studies = Simulated(assumed.world, question, largest, design.studies, design.seed)
    except ValueError as error:
        raise ConfigError(
            f"scale {names[0]}: an effect of {question.bound:g} points does not fit: {error}; "
            "choose a smaller one"
        ) from None
    power = []
    for participants in design.participants:
        power.append([studies.power(participants, items) for items in design.items])
        meter.tick(names[0])
    needed: list[Needed] = []
    for k, items in enumerate(design.items):
        tried = {count: row[k] for count, row in zip(design.participants, power, strict=True)}
        needed += [
            Needed(items=items, power=target, participants=studies.smallest(items, target, tried))
            for target in sorted({design.target, *TARGETS})
        ]
        meter.tick(names[0])
    advised = _advised(needed, design)
    check = None
    if design.checked and assumed.world.cuts and question.aim == "difference":
        check = _check(studies, advised or _as_it_is(design), question, design)
    if design.checked:
        meter.tick(names[0])
    spread = assumed.world.deviations
    return ScalePower(
        scales=names, categories=alike[0].categories,
        effect_points=question.bound if question.aim == "difference" else 0.0,
        effect_logits=studies.effect if assumed.world.cuts else None,
        assumed=AssumedDeviations(
            unit="logits" if assumed.world.cuts else "points",
            participant=spread.participant, item=spread.item,
            participant_system=spread.participant_system, item_system=spread.item_system,
            residual=assumed.world.residual, source=assumed.source, notes=list(assumed.notes),
        ),
        participants=list(design.participants), items=list(design.items), power=power,
        needed=needed, advised_participants=advised[0] if advised else None,
        advised_items=advised[1] if advised else None, check=check,
    )  # fmt: skip


def _advised(needed: Sequence[Needed], design: Design) -> tuple[int, int] | None:
    """Enough participants for the study's items; else for the fewest items that can do it."""
    reached = {
        row.items: row.participants
        for row in needed
        if row.power == design.target and row.participants is not None
    }
    if design.study_items in reached:
        return reached[design.study_items], design.study_items
    items = min(reached, default=None)
    return None if items is None else (reached[items], items)


def _as_it_is(design: Design) -> tuple[int, int]:
    return max(design.participants), design.study_items or max(design.items)


def _check(
    studies: Simulated, at: tuple[int, int], question: Question, design: Design
) -> ModelCheck | None:
    """The same studies with the report's own primary model."""
    if at[1] < FEWEST_ITEMS:  # min-F′ decides there, which the grid is made of
        return None
    some = studies.some(*at, min(design.checked, design.studies))
    if design.processes > 1:
        with ProcessPoolExecutor(design.processes, mp_context=get_context("spawn")) as pool:
            fits = list(pool.map(cumulative_model, some, chunksize=5))
    else:
        fits = [cumulative_model(study) for study in some]
    linear = linear_model(some)
    estimates, errors = (np.array([fit[k] for fit in fits]) for k in (0, 1))
    failed = np.isnan(errors).any(axis=1)
    errors = errors * restriction(some)[:, None]
    known = Comparisons(
        np.where(failed[:, None], 0.0, estimates), np.where(failed[:, None], 1.0, errors), linear.df
    )
    power = float(np.mean(decided(known, question) & ~failed))
    low, high = monte_carlo_interval(power, len(some))
    return ModelCheck(
        participants=at[0], items=at[1], studies=len(some), failed=int(failed.sum()), power=power,
        ci_low=low, ci_high=high, linear_power=float(np.mean(decided(linear, question))),
    )  # fmt: skip
