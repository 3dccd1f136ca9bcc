"""Minutes and megabytes of one session, before anyone has taken part."""

from __future__ import annotations

import csv
import statistics
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from earwitness.stimuli.manifest import StimulusSet, stimulus_path
from earwitness.stimuli.pages.base import BasePage, TrialPage
from earwitness.stimuli.pages.consent import ConsentPage
from earwitness.stimuli.pages.questionnaire import QuestionnairePage
from earwitness.stimuli.pages.trials import Order, PlannedTrial, TrialView
from earwitness.stimuli.scales import Question
from earwitness.stimuli.study import Study, StudyFolder

from ..design import order_of, plan_session

# What a participant needs, as assumed; `measured_minutes` replaces it once sessions are finished.
WORDS_PER_MINUTE = 200.0  # reading
PAGE_S = 8.0  # to find one's way on a page
FIELD_S = 8.0  # to answer a field of a form or to tick a statement
HEARD_TIMES = 1.5  # how often a version is heard, in lengths
ANSWER_S = 4.0  # to answer one question about one version
FEWEST_MEASURED = 3  # finished sessions from which a median is shown


@dataclass(frozen=True)
class SessionCost:
    """What one participant does and downloads. Megabytes are 10⁶ bytes."""

    pages: int
    trials: int
    ratings: int
    minutes: float
    megabytes: float
    measured_minutes: float | None
    measured_sessions: int

    def record(self) -> dict[str, float | int | None]:
        """For JSON."""
        return asdict(self)


def session_cost(folder: StudyFolder, stimuli: StimulusSet) -> SessionCost:
    """The cost of a session as designed, practice included."""
    study = folder.study
    steps = plan_session(study, stimuli, seed=0)
    pages = {page.id: page for page in study.pages}
    used = {
        stimulus.id: stimulus.bytes for s in steps if s.trial for _, stimulus in s.trial.stimuli
    }
    seconds, ratings, trials = 0.0, 0, 0
    for step in steps:
        page = pages[step.page_id]
        if step.trial is None or not isinstance(page, TrialPage):
            seconds += _form_s(page)
            continue
        asked = answers(study, page, step.trial, order_of(study, page, 0))
        heard = sum(stimulus.frames for _, stimulus in step.trial.stimuli) / stimuli.rate
        seconds += PAGE_S + HEARD_TIMES * heard + ANSWER_S * asked
        ratings += 0 if step.trial.is_training else asked
        trials += not step.trial.is_training
    noise = stimulus_path(folder, stimuli.level_noise)
    total = sum(used.values()) + (noise.stat().st_size if noise.is_file() else 0)
    measured = _measured_minutes(folder.exports / "sessions.csv")
    return SessionCost(
        len(steps), trials, ratings, round(seconds / 60, 1), round(total / 1e6, 1),
        round(statistics.median(measured), 1) if len(measured) >= FEWEST_MEASURED else None,
        len(measured),
    )  # fmt: skip


def answers(study: Study, page: TrialPage, trial: PlannedTrial, order: Order) -> int:
    """How many answers a trial takes."""
    systems = {letter: stimulus.system for letter, stimulus in trial.stimuli}
    questions = page.questions(study, TrialView(trial.item, trial.target, systems, order))
    return len(questions) * sum(page.asks_about(letter) for letter in systems)


def rating_questions(study: Study) -> list[Question]:
    """The questions of all pages that count, each once."""
    found: dict[str, Question] = {}
    for page in study.pages:
        if isinstance(page, TrialPage) and not page.is_training:
            view = TrialView("", None, {}, order_of(study, page, 0))
            for question in page.questions(study, view):
                found.setdefault(question.id, question)
    return list(found.values())


def rated_systems(study: Study, stimuli: StimulusSet) -> tuple[str, ...]:
    """What a session rates: the study's systems first, then hidden references and anchors."""
    pages = {page.id: page for page in study.pages}
    found = set()
    for step in plan_session(study, stimuli, seed=0):
        page = pages[step.page_id]
        if step.trial and isinstance(page, TrialPage) and not step.trial.is_training:
            found |= {s.system for letter, s in step.trial.stimuli if page.asks_about(letter)}
    own = [system for system in study.stimuli.systems if system in found]
    return (*own, *sorted(found - set(own)))


def _form_s(page: BasePage) -> float:
    words = len(f"{page.title} {page.text}".split())
    fields = 0
    if isinstance(page, ConsentPage):
        words += sum(len(statement.split()) for statement in page.statements)
        fields = len(page.statements)
    elif isinstance(page, QuestionnairePage):
        words += sum(len(field.question.split()) for field in page.fields)
        fields = len(page.fields)
    return PAGE_S + 60 * words / WORDS_PER_MINUTE + FIELD_S * fields


def _measured_minutes(sessions: Path) -> list[float]:
    """Minutes of the finished sessions of people, from the last export."""
    if not sessions.is_file():
        return []
    with sessions.open(encoding="utf-8", newline="") as file:
        rows = [
            row for row in csv.DictReader(file)
            if row.get("finished_at") and row.get("started_at")
            and row.get("status") == "finished"
            and str(row.get("is_simulated", "")).lower() not in ("true", "1")
        ]  # fmt: skip
    ends = [(row["started_at"], row["finished_at"]) for row in rows]
    return [_minutes(start, end) for start, end in ends]


def _minutes(start: str, end: str) -> float:
    return (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds() / 60
