"""What a page shows: the variables of its template, and nothing that tells systems apart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Response, make_response, render_template
from sqlalchemy import select

from earwitness.stimuli.pages.base import REFERENCE_LETTER, BasePage, Form
from earwitness.stimuli.pages.training import TrainingPage
from earwitness.stimuli.study import Study

from .answers import answers_of
from .context import current
from .db import Transaction
from .faults import fault
from .flow import Missing, due_step, page_of, questions_of, trial_page
from .ratings import given, last_sequence
from .tables import Session, Slot, Step, Trial
from .upkeep.recruits import way_back
from .versions import study_of

DEFAULT_GAIN_DB = -20.0
CHANGED = (
    "This study has been changed since you began, and its sounds are no longer here. All answers "
    "that you gave are stored. Please ask for a new link if you would like to take part again."
)


def render_step(
    transaction: Transaction,
    session: Session,
    *,
    form: Form | None = None,
    missing: Sequence[Missing] = (),
    status: int = 200,
) -> Response:
    """The page that is due, with what was wrong with its form (`form`, `missing`)."""
    study, step = study_of(transaction, session), due_step(session)
    page = page_of(study, step.page_id)
    if step.trial is not None:
        if not _is_playable(step.trial):
            return fault(410, CHANGED)
        details = _trial_details(transaction, session, study, step.trial, missing)
    else:
        details = _page_details(transaction, session, page, form)
    variables = {**_common(study, session), "page": page, **details}
    variables["back"] = way_back(transaction, study, session)
    return make_response(render_template(page.template_name(), **variables), status)


def render_withdrawn(transaction: Transaction, session: Session) -> Response:
    """The end of a withdrawn session, with its code."""
    study = study_of(transaction, session)
    back = way_back(transaction, study, session)
    variables = {**_common(study, session), "code": session.withdrawal_code, "back": back}
    return make_response(render_template("withdrawn.html", page=None, **variables))


def _common(study: Study, session: Session) -> dict[str, Any]:
    done = sum(step.done_at is not None for step in session.steps)
    return {
        "study": study.study,
        "session": session.token,
        "is_pilot": session.kind == "pilot",
        "is_simulated": session.kind == "simulated",
        "is_booth": current().settings.booth_gain_db is not None,
        "progress": {"done": done, "total": len(session.steps)},
    }


def _page_details(
    transaction: Transaction, session: Session, page: BasePage, form: Form | None
) -> dict[str, Any]:
    stored = {name: row.value for name, row in answers_of(transaction, session, page).items()}
    return {
        "errors": form.errors if form else {},
        "values": form.values if form else stored,
        "audio_url": _audio_url(session, session.level_token),
        "gain_db": _gain_db(session),
        "code": session.completion_code,
    }


def _trial_details(
    transaction: Transaction,
    session: Session,
    study: Study,
    trial: Trial,
    missing: Sequence[Missing],
) -> dict[str, Any]:
    siblings = _trials_of_page(transaction, session, trial.step)
    page = trial_page(study, trial)
    slots = [_slot(session, slot, page) for slot in trial.slots]
    slots.sort(key=lambda slot: (slot["letter"] != REFERENCE_LETTER, slot["letter"]))
    tokens = {slot.letter: slot.token for slot in trial.slots}
    return {
        "trial": {
            "token": trial.token,
            "number": siblings.index(trial.number) + 1,
            "of": len(siblings),
            "place": trial.number,
            "is_training": trial.is_training,
            "sequence": last_sequence(transaction, session),
            "slots": slots,
            "asked": [
                {**slot, "needs": [tokens[letter] for letter in page.must_hear(slot["letter"])]}
                for slot in slots
                if page.asks_about(slot["letter"])
            ],
        },
        "questions": questions_of(study, trial),
        "gain_db": _gain_db(session),
        "missing": missing,
        "errors": {},
        "values": {},
    }


def _trials_of_page(transaction: Transaction, session: Session, step: Step) -> list[int]:
    """Numbers of the trials of a step's page."""
    query = (
        select(Trial.number)
        .join(Trial.step)
        .where(Trial.session_id == session.id, Step.page_id == step.page_id)
    )
    return list(transaction.scalars(query.order_by(Trial.number)))


def _slot(session: Session, slot: Slot, page: BasePage) -> dict[str, Any]:
    return {
        "token": slot.token,
        "letter": slot.letter,
        "audio_url": _audio_url(session, slot.token),
        "label": _label(slot, page),
        "ratings": {
            rating.scale: {**given(rating), "declined": rating.declined} for rating in slot.ratings
        },
    }


def _label(slot: Slot, page: BasePage) -> str:
    """The open reference and training versions say what they are; a test slot never does."""
    if slot.letter == REFERENCE_LETTER:
        return "Reference"
    if not isinstance(page, TrainingPage):
        return ""
    return "a very good version" if slot.system == page.good else "a very bad version"


def _is_playable(trial: Trial) -> bool:
    ids = current().served.stimuli.ids
    return all(slot.stimulus in ids for slot in trial.slots)


def _audio_url(session: Session, token: str) -> str:
    return f"/s/{session.token}/audio/{token}"


def _gain_db(session: Session) -> float:
    return DEFAULT_GAIN_DB if session.gain_db is None else session.gain_db
