"""The participant's pages: start, the page that is due, its form, withdrawal."""

from __future__ import annotations

import re

from flask import Blueprint, abort, redirect, render_template, request
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from werkzeug.wrappers import Response

from earwitness.stimuli.pages.base import FormPage

from ..answers import store_form
from ..blind import new_token
from ..booth import fix_level
from ..context import current
from ..db import Transaction
from ..flow import (
    due_step,
    find_session,
    finish_step,
    missing,
    page_of,
    present,
    public_kind,
    start_session,
    trials_of,
    withdraw,
)
from ..invitations import accept_invitation
from ..presentation import render_step, render_withdrawn
from ..rates import limit_starts
from ..ratings import decline_blank_optional
from ..tables import Session, Trial
from ..tabs import may_answer
from ..upkeep.recruits import recruiter_fields, remember, returning
from ..versions import study_of

blueprint = Blueprint("participant", __name__)
NONCE = re.compile(r"[A-Za-z0-9_-]{22,64}")


@blueprint.get("/")
def landing() -> str:
    """What the study is, and a button that starts a session."""
    study = current().served.study
    return render_template(
        "landing.html",
        study=study.study,
        nonce=new_token(),
        is_pilot=public_kind(study) == "pilot",
        is_simulated=False,
        recruiter=recruiter_fields(study, request.args),
        is_booth=current().settings.booth_gain_db is not None,
    )


@blueprint.post("/start")
def start() -> Response:
    """Begin a session; pressed twice, the button leads to the same one."""
    nonce = request.form.get("nonce", "")
    if not NONCE.fullmatch(nonce):
        abort(400, "The start button of the study's first page is needed to begin.")
    limit_starts()
    context = current()
    try:
        with context.database.write() as transaction:
            session = _started_with(transaction, nonce) or _begin(transaction, nonce)
            token = session.token
    except IntegrityError:  # the same button, a moment earlier, through another worker
        with context.database.read() as transaction:
            fields = recruiter_fields(context.served.study, request.form)
            started = _started_with(transaction, nonce) or returning(
                transaction, context.served.study, fields
            )
        if started is None:
            raise
        token = started.token
    return _to_session(token)


def _begin(transaction: Transaction, nonce: str) -> Session:
    """A new session, or the one that a recruiter's participant has begun already."""
    served = current().served
    fields = recruiter_fields(served.study, request.form)
    session = returning(transaction, served.study, fields)
    if session is None:
        kind = public_kind(served.study)
        session = start_session(transaction, served, kind=kind, nonce=nonce)
        remember(transaction, served.study, session, fields)
        fix_level(session, served.study, current().settings.booth_gain_db)
    return session


def _started_with(transaction: Transaction, nonce: str) -> Session | None:
    return transaction.scalar(select(Session).where(Session.nonce == nonce))


@blueprint.get("/i/<invitation_token>")
def invited(invitation_token: str) -> Response:
    """The session of an invitation, begun or resumed."""
    context = current()
    with context.database.write() as transaction:
        session = accept_invitation(transaction, context.served, invitation_token)
        if session is None:
            abort(404)
        token = session.token
    return _to_session(token)


@blueprint.get("/s/<session_token>")
def due(session_token: str) -> Response:
    """The page that is due now, wherever the browser thinks it is."""
    with current().database.read() as transaction:
        session = _session(transaction, session_token)
        if session.status == "withdrawn":
            return render_withdrawn(transaction, session)
        if due_step(session).presented_at is not None:
            return render_step(transaction, session)
    with current().database.write() as transaction:
        session = _session(transaction, session_token, lock=True)
        present(due_step(session))
        return render_step(transaction, session)


@blueprint.post("/s/<session_token>/pages/<page_id>")
def post_page(session_token: str, page_id: str) -> Response:
    """A form: stored and the next page, or the same page with what is wrong."""
    with current().database.write() as transaction:
        session = _answering(transaction, session_token)
        study = study_of(transaction, session)
        step = next((step for step in session.steps if step.page_id == page_id), None)
        if step is None:
            abort(404)
        # A page that was left already takes a corrected answer; one ahead takes none.
        is_open = session.status == "started" and step.place <= due_step(session).place
        page = page_of(study, page_id)
        if not isinstance(page, FormPage) or not is_open:
            return _to_session(session_token)
        form = page.read(request.form)
        if not form.errors:
            store_form(transaction, session, page, form)
            finish_step(transaction, session, study, step)
            return _to_session(session_token)
        if step is not due_step(session):
            return _to_session(session_token)
        return render_step(transaction, session, form=form, status=422)


@blueprint.post("/s/<session_token>/trials/<trial_token>/done")
def finish_trial(session_token: str, trial_token: str) -> Response:
    """Leave a trial when every scale of every slot is answered or declined."""
    with current().database.write() as transaction:
        session = _answering(transaction, session_token)
        trial = _trial(transaction, session, trial_token)
        if session.status == "started" and trial.step is due_step(session):
            study = study_of(transaction, session)
            decline_blank_optional(transaction, session, study, trial)
            if blank := missing(study, trial):
                return render_step(transaction, session, missing=blank, status=422)
            finish_step(transaction, session, study, trial.step)
    return _to_session(session_token)


def _trial(transaction: Transaction, session: Session, token: str) -> Trial:
    by_token = {trial.token: trial for trial in trials_of(transaction, session)}
    return by_token[token] if token in by_token else abort(404)


@blueprint.post("/s/<session_token>/withdraw")
def post_withdraw(session_token: str) -> Response:
    """End the session at the participant's wish."""
    with current().database.write() as transaction:
        withdraw(_session(transaction, session_token, lock=True))
    return _to_session(session_token)


@blueprint.get("/s/<session_token>/<path:_anything>")
def elsewhere(session_token: str, _anything: str) -> Response:
    """Any other address of a session leads to the page that is due."""
    with current().database.read() as transaction:
        _session(transaction, session_token)
    return _to_session(session_token)


def _session(transaction: Transaction, token: str, *, lock: bool = False) -> Session:
    session = find_session(transaction, token, lock=lock)
    if session is None:
        abort(404)
    return session


def _answering(transaction: Transaction, token: str) -> Session:
    """The session that a form is for, if the tab that sent it may answer now."""
    session = _session(transaction, token, lock=True)
    if not may_answer(session, request.form.get("tab")):
        abort(409, "This test is open in another tab or on another device.")
    return session


def _to_session(token: str) -> Response:
    return redirect(f"/s/{token}", 303)
