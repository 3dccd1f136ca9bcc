"""The researcher's pages: set-up, login, how far the study is, exports."""

from __future__ import annotations

from flask import Blueprint, abort, redirect, render_template, request, send_file, url_for
from flask import session as cookie
from werkzeug.wrappers import Response

from ..context import current
from ..export import EXPORT_FILES, UNBLINDING_FILES, export
from ..flow import public_kind
from ..monitor import balance, durations, invitation_counts, results, signs
from ..overview import page_counts, session_counts
from ..planning.look import latest_look
from ..security import (
    is_setup_token,
    log_in,
    password_fault,
    password_hash,
    set_password,
)
from ..settings import MIN_PASSWORD_CHARACTERS
from ..upkeep.audit import has_happened, record
from ..upkeep.throttle import admit, succeeded

UNBLINDING = "unblind"  # in the audit log
blueprint = Blueprint("researcher", __name__, url_prefix="/researcher")


@blueprint.get("", strict_slashes=False)
def dashboard() -> str:
    """How the study does; results only after unblinding, so that the researcher stays blind."""
    context = current()
    study = context.served.study
    with context.database.read() as transaction:
        is_unblinded = has_happened(transaction, UNBLINDING)
        return render_template(
            "researcher/dashboard.html",
            study=study.study,
            counts=page_counts(transaction, study),
            sessions=session_counts(transaction),
            durations=durations(transaction),
            balance=balance(transaction),
            signs=signs(transaction),
            invitations=invitation_counts(transaction),
            kinds=dict.fromkeys([public_kind(study), "pilot"]),
            is_unblinded=is_unblinded,
            results=results(transaction) if is_unblinded else [],
            exports=EXPORT_FILES,
            withheld=set() if is_unblinded else UNBLINDING_FILES,
            study_link=request.host_url,
            sequential=context.served.study.analysis.sequential,
            look=latest_look(context.served.folder),
        )


@blueprint.get("/exports/<name>")
def download(name: str) -> Response:
    """A table of all data up to now."""
    if name not in EXPORT_FILES:
        abort(404)
    context = current()
    with context.database.read() as transaction:
        if name in UNBLINDING_FILES and not has_happened(transaction, UNBLINDING):
            abort(403, "This table names the systems. Unblind the study first, on the dashboard.")
    _note("export", file=name)
    folder = export(context.served.folder, context.database)
    return send_file(
        folder / name, as_attachment=True, download_name=name, conditional=False, max_age=0
    )


@blueprint.route("/login", methods=["GET", "POST"])
def login() -> Response | tuple[str, int] | str:
    """Ask for the password."""
    if request.method == "GET":
        return _login_page("")
    database = current().database
    attempt = admit(database)
    if attempt is None:
        return _login_page("Too many attempts. Wait a minute and try again."), 429
    if not log_in(request.form.get("password", "")):
        _note("login_failed")
        return _login_page("This is not the password."), 403
    succeeded(database, attempt)
    _note("login")
    return redirect(url_for("researcher.dashboard"), 303)


@blueprint.post("/unblind")
def unblind() -> Response | tuple[str, int]:
    """Show which system is which from now on; that it was done, and when, stays on record."""
    if request.form.get("sure") != "yes":
        abort(400, "Tick the box first: unblinding cannot be taken back.")
    context = current()
    with context.database.write() as transaction:
        if not has_happened(transaction, UNBLINDING):
            completed = session_counts(transaction)["completed"]
            record(transaction, UNBLINDING, completed_sessions=completed)
    return redirect(url_for("researcher.dashboard"), 303)


def _note(action: str, **details: str | int) -> None:
    """Write into the audit log what the researcher did."""
    with current().database.write() as transaction:
        record(transaction, action, **details)


def _login_page(fault: str) -> str:
    errors = {"password": fault} if fault else {}
    with current().database.read() as transaction:
        is_set_up = password_hash(transaction) is not None
    study = current().served.study.study
    return render_template("researcher/login.html", study=study, errors=errors, is_set_up=is_set_up)


@blueprint.post("/logout")
def logout() -> Response:
    """Forget the login of this browser."""
    cookie.clear()
    return redirect(url_for("researcher.login"), 303)


@blueprint.route("/setup/<token>", methods=["GET", "POST"])
def setup(token: str) -> Response | tuple[str, int] | str:
    """Set the password through the link that `serve` printed; it works once."""
    password = request.form.get("password", "")
    with current().database.write() as transaction:
        if not is_setup_token(transaction, token):
            abort(404, "This set-up link is used up. Start the server again for a new one.")
        fault = password_fault(password) if request.method == "POST" else None
        if request.method == "POST" and fault is None:
            set_password(transaction, password)
            record(transaction, "password_set")
    if request.method == "POST" and fault is None:
        log_in(password)
        return redirect(url_for("researcher.dashboard"), 303)
    study, errors = current().served.study.study, {"password": fault} if fault else {}
    page = render_template(
        "researcher/setup.html",
        study=study,
        errors=errors,
        token=token,
        min_characters=MIN_PASSWORD_CHARACTERS,
    )
    return page, 422 if fault else 200
