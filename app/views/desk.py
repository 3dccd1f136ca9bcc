"""What a researcher makes for a study: links of invitation, and a participant's look at a page."""

from __future__ import annotations

from flask import Blueprint, abort, redirect, render_template, request
from werkzeug.wrappers import Response

from ..context import current
from ..flow import present, public_kind, start_session
from ..invitations import invite
from ..monitor import PREVIEW
from ..tables import Kind
from ..upkeep.audit import record

MAX_INVITATIONS = 500
MAX_LABEL_CHARACTERS = 80
blueprint = Blueprint("desk", __name__, url_prefix="/researcher")


@blueprint.post("/invitations")
def invitations() -> str:
    """New links, each for one session; they are shown once."""
    context = current()
    count, label = request.form.get("count", ""), request.form.get("label", "").strip()
    if not count.isdecimal() or not 1 <= int(count) <= MAX_INVITATIONS:
        abort(422, f"Ask for 1 to {MAX_INVITATIONS} links.")
    if len(label) > MAX_LABEL_CHARACTERS or label == PREVIEW:
        abort(422, f'A note has at most {MAX_LABEL_CHARACTERS} characters and is not "{PREVIEW}".')
    kind: Kind = (
        "pilot" if request.form.get("kind") == "pilot" else public_kind(context.served.study)
    )
    with context.database.write() as transaction:
        made = invite(transaction, int(count), kind, label or None)
        record(transaction, "invite", count=len(made), kind=kind)
    links = [f"{request.host_url}i/{invitation.token}" for invitation in made]
    return render_template(
        "researcher/invitations.html", study=context.served.study.study, links=links, kind=kind
    )


@blueprint.post("/preview/<page_id>")
def preview(page_id: str) -> Response:
    """A pilot session of its own that begins at a page; it counts nowhere."""
    context = current()
    with context.database.write() as transaction:
        [invitation] = invite(transaction, 1, "pilot", PREVIEW)
        session = start_session(transaction, context.served, kind="pilot", invitation=invitation)
        before = True
        for step in session.steps:
            before = before and step.page_id != page_id
            if before:
                present(step)
                step.done_at = step.presented_at
        if before:
            abort(404)
        token = session.token
    return redirect(f"/s/{token}", 303)
