"""A study's plan from its parts: the power of the analysis, the session and balance of the test."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.table import Table

from earwitness.analysis.planning.assumptions import (
    Assumed,
    PlannedScale,
    from_pilot,
    read_pilot,
    typical,
)
from earwitness.analysis.planning.page import write_plan
from earwitness.analysis.planning.planner import Subject, make_power_plan
from earwitness.analysis.planning.power import Question
from earwitness.stimuli.console import console
from earwitness.stimuli.errors import ConfigError, StimulusError
from earwitness.stimuli.manifest import StimulusSet, load_stimuli
from earwitness.stimuli.scales import Scale, Slider

from ..planning.balance import balance
from ..planning.session import rated_systems, rating_questions, session_cost

if TYPE_CHECKING:
    from earwitness.analysis.planning.planner import Design, Progress
    from earwitness.analysis.planning.power import Aim
    from earwitness.analysis.planning.records import PowerPlan, ScalePower
    from earwitness.stimuli.study import StudyFolder

SHARE_OF_SCALE = 0.1  # the smallest effect of interest where none is stated


@dataclass(frozen=True)
class Made:
    """A finished plan."""

    title: str
    power: PowerPlan
    session: dict[str, Any] | None
    balance: dict[str, Any] | None
    notes: list[str]

    def write(self, out: Path) -> list[Path]:
        """plan.json first, then the plots and the page."""
        return write_plan(
            out, self.power, title=self.title, session=self.session, balance=self.balance,
            notes=self.notes,
        )  # fmt: skip


def make_plan(
    folder: StudyFolder,
    design: Design,
    pilot: Path | None,
    effect: float | None,
    aim: Aim,
    progress: Progress,
) -> Made:
    """Everything that `earwitness plan` shows.

    Raises:
        ConfigError: the study has nothing to compare or to rate, or the effect fits no scale.
        DataError: the pilot cannot be read or modelled.
    """
    study = folder.study
    notes: list[str] = []
    scales = planned_scales(folder)
    stimuli = _stimuli(folder, notes)
    systems = study.stimuli.systems if stimuli is None else rated_systems(study, stimuli)
    if len(systems) < 2:
        raise ConfigError(
            f"{folder.file}: there is one system to rate, {systems[0]}; a plan compares two "
            "(anchors and a hidden reference are known once the study is prepared)"
        )
    baseline = study.analysis.baseline or systems[0]
    if not study.analysis.baseline:
        notes.append(f"[analysis] names no baseline; {baseline} was taken.")
    if study.analysis.sequential:
        notes.append(
            "The study may stop early. This power is that of a fixed number of participants; "
            "intervals that hold at every look need more."
        )
    items = _items(folder, stimuli)
    if items is not None:
        design = replace(design, study_items=items)
        if items >= 2:
            design = replace(design, items=tuple(sorted({*design.items, items})))
    bound, source = _bound(folder, effect, scales)
    question = Question(
        aim, bound, len(systems) - 1, study.analysis.multiplicity, study.analysis.alpha
    )
    subject = Subject(baseline, len(systems), source)
    assumed = _assumed(scales, pilot, baseline, notes)
    power = make_power_plan(assumed, question, design, subject, progress)
    session, shown = None, None
    if stimuli is not None:
        session = session_cost(folder, stimuli).record()
        people = power.scales[0].advised_participants or max(design.participants)
        shown = balance(study, stimuli, people).record()
    return Made(study.study.title, power, session, shown, notes)


def planned_scales(folder: StudyFolder) -> list[PlannedScale]:
    """The scales whose ratings are compared between systems.

    Raises:
        ConfigError: there is none.
    """
    found = []
    for question in rating_questions(folder.study):
        if isinstance(question, Scale):
            found.append(PlannedScale(question.id, question.points, 1.0, float(question.points)))
        elif isinstance(question, Slider):
            ends = (float(question.low), float(question.high))
            found.append(PlannedScale(question.id, 0, *ends))
    if not found:
        raise ConfigError(
            f"{folder.file}: no page rates systems on a scale; choices and typed answers cannot be "
            "planned yet"
        )
    return found


def _stimuli(folder: StudyFolder, notes: list[str]) -> StimulusSet | None:
    try:
        return load_stimuli(folder)
    except StimulusError:
        notes.append(
            "The study is not prepared: minutes, megabytes and balance are unknown. Run "
            "`earwitness prepare` and plan again."
        )
        return None


def _items(folder: StudyFolder, stimuli: StimulusSet | None) -> int | None:
    if folder.study.stimuli.items:
        return len(folder.study.stimuli.items)
    if stimuli is None:
        return None
    return len({stimulus.item for stimulus in stimuli.stimuli if not stimulus.is_training})


def _bound(
    folder: StudyFolder, effect: float | None, scales: Sequence[PlannedScale]
) -> tuple[float, str]:
    if effect is not None:
        return effect, "This smallest effect of interest was given as an option."
    planned = folder.study.analysis.smallest_effect_of_interest
    if planned is not None:
        return planned, "This smallest effect of interest is the study’s."
    bound = SHARE_OF_SCALE * min(scale.high - scale.low for scale in scales)
    return bound, (
        "The study states no smallest effect of interest: a tenth of the scale was taken. State "
        "yours (smallest_effect_of_interest in [analysis], or --effect)."
    )


def _assumed(
    scales: Sequence[PlannedScale], pilot: Path | None, baseline: str, notes: list[str]
) -> list[tuple[list[PlannedScale], Assumed]]:
    """Each scale of the pilot by itself; the others together where they are alike."""
    groups: list[tuple[list[PlannedScale], Assumed]] = []
    rest = list(scales)
    if pilot is not None:
        ratings = read_pilot(pilot)
        known = sorted(ratings["scale"].unique())
        rest = [scale for scale in scales if scale.id not in known]
        if len(rest) == len(scales):
            raise ConfigError(
                f"{pilot}: has none of the study's scales ({', '.join(s.id for s in scales)}); it "
                f"has {', '.join(known)}"
            )
        groups = [([s], from_pilot(ratings, s, baseline)) for s in scales if s.id in known]
        if rest:
            notes.append(f"The pilot has no {', '.join(s.id for s in rest)}: typical values there.")
    kinds: dict[tuple[int, float, float], list[PlannedScale]] = {}
    for scale in rest:
        kinds.setdefault((scale.categories, scale.low, scale.high), []).append(scale)
    return [*groups, *((alike, typical(alike[0])) for alike in kinds.values())]


def show(made: Made) -> None:
    """Print the plan as tables."""
    for note in made.notes:
        console.print(note, style="yellow", markup=False, highlight=False)
    power = made.power
    console.print(
        f"{power.aim.capitalize()} of {power.bound:g} points from {power.baseline}, "
        f"{power.comparisons} comparisons by {power.multiplicity.title()}. {power.bound_source}",
        markup=False, highlight=False,
    )  # fmt: skip
    for scale in power.scales:
        console.print(_power_table(scale))
        console.print(_advice(power, scale), markup=False, highlight=False)
    if made.session:
        cost = made.session
        measured = cost["measured_minutes"]
        also = f" (finished sessions: median {measured})" if measured is not None else ""
        console.print(
            f"Per participant: about {cost['minutes']} min{also}, {cost['megabytes']} MB, "
            f"{cost['trials']} trials, {cost['ratings']} ratings", highlight=False,
        )  # fmt: skip
    if made.balance:
        console.print(_balance_table(made.balance))


def _power_table(scale: ScalePower) -> Table:
    title = f"Power, %: {', '.join(scale.scales)}"
    table = Table("participants", *(f"{n} items" for n in scale.items), title=title)
    for participants, row in zip(scale.participants, scale.power, strict=True):
        table.add_row(str(participants), *(f"{100 * value:.0f}" for value in row))
    table.add_section()
    for target in sorted({row.power for row in scale.needed}):
        needed = [row.participants for row in scale.needed if row.power == target]
        most = max(scale.participants)
        table.add_row(f"for {target:.0%}", *(str(n) if n else f">{most}" for n in needed))
    return table


def _advice(plan: PowerPlan, scale: ScalePower) -> str:
    if scale.advised_participants is None:
        words = f"No design tried reaches {plan.target:.0%}: more items, or a larger effect."
    else:
        words = (
            f"{scale.advised_participants} participants with {scale.advised_items} items reach "
            f"{plan.target:.0%}."
        )
        if plan.study_items and scale.advised_items != plan.study_items:
            words += (
                f" With the study's {plan.study_items} items, {max(scale.participants)} "
                "participants are too few: items are what is scarce."
            )
    check = scale.check
    if check:
        words += (
            f" Checked with the cumulative model at {check.participants} × {check.items}: "
            f"{check.power:.0%} ({check.ci_low:.0%} to {check.ci_high:.0%}, {check.studies} "
            "studies)."
        )
    return f"{words} Assumed: {scale.assumed.source}. {' '.join(scale.assumed.notes)}".strip()


def _balance_table(balance: dict[str, Any]) -> Table:
    title = (
        f"Balance for {balance['participants']} participants: how often a system has a place "
        f"(perfect: {balance['expected']:g})"
    )
    table = Table("system", *balance["places"], title=title)
    for system, row in zip(balance["systems"], balance["letters"], strict=True):
        table.add_row(system, *map(str, row))
    return table
