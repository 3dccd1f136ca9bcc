"""The database's rows as data frames in the exported tables' columns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

import pandas as pd
from sqlalchemy import select
from sqlalchemy.sql import Executable

from earwitness.stimuli.manifest import StimulusSet, load_stimuli
from earwitness.stimuli.pages.questionnaire import QuestionnairePage
from earwitness.stimuli.schema import EVENTS, PARTICIPANTS, RATINGS, SESSIONS, SYSTEMS, conform
from earwitness.stimuli.study import StudyFolder

from .db import Database, Transaction
from .export_privacy import harmless_questions, without_text
from .flow import page_of
from .tables import Answer, Event, Participant, Rating, Session, Slot, Step, StudyVersion, Trial
from .versions import parsed

Frames = Mapping[str, pd.DataFrame]
Question = tuple[str, str]  # page id, field id
Answers = Mapping[str, Mapping[Question, str]]  # by session id


def read_frames(database: Database, folder: StudyFolder, *, free_text: bool = False) -> Frames:
    """All exported tables by name, from one state of the database; free text only if asked for.

    Raises:
        EarwitnessError: the study is not prepared.
    """
    stimuli = load_stimuli(folder)
    choices = {
        (page.id, field.id)
        for page in folder.study.pages
        if isinstance(page, QuestionnairePage)
        for field in page.fields
        if field.kind == "choice"
    }
    with database.read() as transaction:
        answers = _answers(transaction)
        if not free_text:
            harmless = harmless_questions(folder.study)
            answers = {one: without_text(given, harmless) for one, given in answers.items()}
        covariates = {
            session: {name: value for name, value in given.items() if name in choices}
            for session, given in answers.items()
        }
        return {
            RATINGS.name: conform(_ratings(transaction), RATINGS),
            SESSIONS.name: conform(_sessions(transaction, answers), SESSIONS),
            PARTICIPANTS.name: conform(_participants(transaction, covariates), PARTICIPANTS),
            SYSTEMS.name: conform(_systems(stimuli), SYSTEMS),
            EVENTS.name: conform(_events(transaction), EVENTS),
        }


def _frame(transaction: Transaction, query: Executable) -> pd.DataFrame:
    result = transaction.execute(query)
    return pd.DataFrame(result.fetchall(), columns=list(result.keys()), dtype=object)


def _ratings(transaction: Transaction) -> pd.DataFrame:
    query = (
        select(
            StudyVersion.study,
            Session.id.label("session"),
            Session.participant_id.label("participant"),
            Trial.number.label("trial"),
            Slot.letter.label("slot"),
            Step.page_id.label("page"),
            Trial.item,
            Slot.system,
            Slot.role,
            Rating.scale,
            Rating.value,
            Rating.answer,
            Trial.target,
            Slot.versus,
            StudyVersion.content,
            Rating.declined,
            Step.presented_at,
            Rating.answered_at,
            Rating.listened_s,
            Rating.plays,
            Trial.is_training,
            Session.kind,
            Session.status,
        )
        .select_from(Rating)
        .join(Rating.slot)
        .join(Slot.trial)
        .join(Trial.step)
        .join(Step.session)
        .join(StudyVersion, Session.study_digest == StudyVersion.digest)
        .order_by(Session.started_at, Session.id, Trial.number, Slot.letter, Rating.id)
    )
    frame = _frame(transaction, query)
    kind, status = frame.pop("kind"), frame.pop("status")
    pages = zip(frame.pop("content"), frame["page"], strict=True)
    frame["page_type"] = [page_of(parsed(content), page).type for content, page in pages]
    frame["is_repeat"] = False
    frame["is_simulated"] = kind == "simulated"
    frame["exclusion_rule"] = [_exclusion_rule(*pair) for pair in zip(kind, status, strict=True)]
    frame["excluded"] = frame["exclusion_rule"] != ""
    return frame


def _exclusion_rule(kind: str, status: str) -> str:
    """What the session itself decided: a withdrawal counts before a pilot."""
    if status == "withdrawn":
        return "withdrawn"
    return "pilot" if kind == "pilot" else ""


def _sessions(transaction: Transaction, answers: Answers) -> pd.DataFrame:
    query = (
        select(
            StudyVersion.study,
            Session.id.label("session"),
            Session.participant_id.label("participant"),
            Session.status,
            (Session.kind == "simulated").label("is_simulated"),
            Session.started_at,
            Session.finished_at,
            Session.consent_version,
            Session.consent_sha256,
            Session.language,
            Session.seed,
            Session.kind,
            StudyVersion.version.label("study_version"),
            Session.study_digest,
            Session.consented_at,
        )
        .join(StudyVersion, Session.study_digest == StudyVersion.digest)
        .order_by(Session.started_at, Session.id)
    )
    frame = _frame(transaction, query)
    return _with_answers(frame, frame["session"], answers)


def _participants(transaction: Transaction, covariates: Answers) -> pd.DataFrame:
    query = (
        select(Participant.id.label("participant"), Session.id.label("session"))
        .join(Session, Session.participant_id == Participant.id)
        .order_by(Participant.created_at, Participant.id)
    )
    frame = _frame(transaction, query)
    sessions = frame.pop("session")
    frame["group"] = ""
    return _with_answers(frame, sessions, covariates)


def _answers(transaction: Transaction) -> Answers:
    by_session: dict[str, dict[Question, str]] = {}
    for answer in transaction.scalars(select(Answer).order_by(Answer.id)):
        question = answer.page_id, answer.field
        by_session.setdefault(answer.session_id, {})[question] = answer.value
    return by_session


def _with_answers(frame: pd.DataFrame, sessions: Iterable[str], answers: Answers) -> pd.DataFrame:
    """`frame` with each question as a column: `field`, or `page.field` where that is taken."""
    sessions = list(sessions)
    questions = list(dict.fromkeys(name for given in answers.values() for name in given))
    taken = Counter([*frame.columns, *(field for _, field in questions)])
    for page, field in questions:
        values = [answers.get(session, {}).get((page, field)) for session in sessions]
        name = field if taken[field] == 1 else f"{page}.{field}"
        frame[name] = pd.array(values, dtype="string")
    return frame


def _systems(stimuli: StimulusSet) -> pd.DataFrame:
    rows = [
        {"system": system.name, "role": system.role, **system.factors} for system in stimuli.systems
    ]
    return pd.DataFrame(rows)


def _events(transaction: Transaction) -> pd.DataFrame:
    query = (
        select(
            StudyVersion.study,
            Event.session_id.label("session"),
            Event.event,
            Event.kind,
            Event.trial_number.label("trial"),
            Slot.letter.label("slot"),
            Event.scale,
            Event.value,
            Event.client_at,
            Event.stored_at,
            Event.answer,
        )
        .join(Session, Event.session_id == Session.id)
        .join(StudyVersion, Session.study_digest == StudyVersion.digest)
        .outerjoin(Slot, Event.slot_id == Slot.id)
        .order_by(Event.id)
    )
    return _frame(transaction, query)
