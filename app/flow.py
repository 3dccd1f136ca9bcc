"""The path through a study: the server owns the position, whatever the browser asks for.

The due step is the first one that is not done, so that back, reload, a second tab and a repeated
request can neither skip a page nor finish it twice.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from earwitness.stimuli.pages.base import BasePage, TrialPage
from earwitness.stimuli.pages.thanks import ThanksPage
from earwitness.stimuli.pages.trials import PlannedTrial, TrialView
from earwitness.stimuli.scales import Question
from earwitness.stimuli.study import Study

from .blind import new_code, new_id, new_token
from .db import Transaction, utc_now
from .design import new_seed, order_of, plan_session
from .tables import Invitation, Kind, Participant, Session, Slot, Step, Trial
from .versions import ServedStudy


@dataclass(frozen=True)
class Missing:
    """A question about a slot without an answer: `slot` is the token, `letter` what is shown."""

    slot: str
    letter: str
    scale: str
    question: str

    def __str__(self) -> str:
        return f"{self.question} Version {self.letter}"


def public_kind(study: Study) -> Kind:
    """What a session of an uninvited visitor is: real only where ethics are settled."""
    return "real" if study.ethics else "pilot"


def find_session(transaction: Transaction, token: str, *, lock: bool = False) -> Session | None:
    """The session of a link. `lock` keeps other writers of it waiting (PostgreSQL)."""
    query = select(Session).where(Session.token == token)
    return transaction.scalar(query.with_for_update() if lock else query)


def start_session(
    transaction: Transaction,
    served: ServedStudy,
    *,
    kind: Kind,
    nonce: str | None = None,
    invitation: Invitation | None = None,
) -> Session:
    """Store a new session with its whole design."""
    now = utc_now()
    participant = Participant(id=new_id(), created_at=now)
    session = Session(
        id=new_id(),
        token=new_token(),
        participant_id=participant.id,
        invitation_id=invitation.id if invitation else None,
        nonce=nonce,
        study_digest=served.digest,
        kind=kind,
        status="started",
        seed=new_seed(),
        language=served.study.study.language,
        level_token=new_token(),
        started_at=now,
    )
    transaction.add(participant)
    transaction.flush()
    transaction.add(session)
    number = 0
    for place, planned in enumerate(plan_session(served.study, served.stimuli, session.seed)):
        step = Step(place=place, page_id=planned.page_id)
        session.steps.append(step)
        if planned.trial:
            number += 1
            step.trial = _trial(session, number, planned.trial)
    transaction.flush()
    return session


def _trial(session: Session, number: int, planned: PlannedTrial) -> Trial:
    return Trial(
        session_id=session.id,
        token=new_token(),
        number=number,
        item=planned.item,
        is_training=planned.is_training,
        target=planned.target,
        slots=[
            Slot(
                token=new_token(),
                letter=letter,
                stimulus=stimulus.id,
                system=stimulus.system,
                role=stimulus.role,
                versus=planned.versus(letter),
            )
            for letter, stimulus in planned.stimuli
        ],
    )


def page_of(study: Study, page_id: str) -> BasePage:
    """The page with that id.

    Raises:
        KeyError: the study has no such page.
    """
    return {page.id: page for page in study.pages}[page_id]


def trial_page(study: Study, trial: Trial) -> TrialPage:
    """The page that a trial belongs to."""
    page = page_of(study, trial.step.page_id)
    assert isinstance(page, TrialPage)
    return page


def view_of(study: Study, trial: Trial) -> TrialView:
    """A trial as its page's type sees it."""
    order = order_of(study, trial_page(study, trial), trial.step.session.seed)
    systems = {slot.letter: slot.system for slot in trial.slots}
    return TrialView(trial.item, trial.target, systems, order)


def questions_of(study: Study, trial: Trial) -> tuple[Question, ...]:
    """What is asked about each slot of a trial that is asked about."""
    return tuple(trial_page(study, trial).questions(study, view_of(study, trial)))


def due_step(session: Session) -> Step:
    """The first step that is not done; the last one when all are."""
    return next((step for step in session.steps if step.done_at is None), session.steps[-1])


def present(step: Step) -> None:
    """Record when a step was first served."""
    step.presented_at = step.presented_at or utc_now()


def finish_step(transaction: Transaction, session: Session, study: Study, step: Step) -> None:
    """Mark a step as done; reaching the thanks page completes the session."""
    now = utc_now()
    step.presented_at = step.presented_at or now
    step.done_at = step.done_at or now
    if isinstance(page_of(study, due_step(session).page_id), ThanksPage):
        _complete(transaction, session, study)


def _complete(transaction: Transaction, session: Session, study: Study) -> None:
    """Issue the code if, and only if, every designed slot × scale holds an answer."""
    if session.status != "started":
        return
    if missing_trials := [
        trial for trial in trials_of(transaction, session) if missing(study, trial)
    ]:
        for trial in missing_trials:
            trial.step.done_at = None
        return
    thanks = session.steps[-1]
    thanks.presented_at = thanks.done_at = session.finished_at = utc_now()
    session.completion_code = new_code()
    session.status = "completed"


def trials_of(transaction: Transaction, session: Session) -> list[Trial]:
    """All trials of a session with what is stored about them."""
    query = (
        select(Trial)
        .where(Trial.session_id == session.id)
        .order_by(Trial.number)
        .options(selectinload(Trial.step), selectinload(Trial.slots).selectinload(Slot.ratings))
    )
    return list(transaction.scalars(query.execution_options(populate_existing=True)))


def missing(study: Study, trial: Trial) -> list[Missing]:
    """Every slot × scale of a trial that holds neither a rating nor a decline."""
    page, questions = trial_page(study, trial), questions_of(study, trial)
    return [
        Missing(slot.token, slot.letter, question.id, question.question)
        for slot in trial.slots
        if page.asks_about(slot.letter)
        for question in questions
        if question.id not in {rating.scale for rating in slot.ratings}
    ]


def withdraw(session: Session) -> None:
    """End a session at the participant's wish, at any page; a code says so."""
    if session.status != "withdrawn":
        session.withdrawal_code = new_code()
        session.status = "withdrawn"
        session.finished_at = utc_now()
