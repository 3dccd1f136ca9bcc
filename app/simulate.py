"""Simulated listeners (`earwitness simulate`): bots that take a study over HTTP.

Their sessions come from invitations that are marked as simulated in the study's database, so that
neither these bots nor anybody else can set or clear the mark through a request.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import select

from earwitness.stimuli.errors import EarwitnessError
from earwitness.stimuli.study import StudyFolder

from .background import background_server
from .blind import identities
from .bot import Bot, Browser
from .db import Database
from .invitations import create_invitations, open_study_database
from .listener_model import Listener
from .tables import Invitation, Session, StudyVersion

THREADS = 4
DEFAULT_URL = "http://127.0.0.1:8000"

Progress = Callable[[int, int], None]  # listeners done, listeners to simulate now


@dataclass(frozen=True)
class Simulated:
    """How many simulated listeners had completed the study before, and how many were added."""

    before: int
    added: int


@dataclass(frozen=True)
class _Guest:
    """An invitation that is not used up, and its place among all simulated ones."""

    invitation: str
    number: int


def simulate(
    folder: StudyFolder,
    *,
    listeners: int | None = None,
    url: str | None = None,
    progress: Progress | None = None,
) -> Simulated:
    """Fill a study up to `listeners` completed simulated sessions.

    Args:
        folder: the study.
        listeners: how many there shall be in all; None takes `[simulation].listeners`.
        url: the server; None takes the one on port 8000 if it serves this very study, and starts
            one for the time being otherwise.
        progress: called with (done, to do) at the beginning and after each listener.

    Raises:
        EarwitnessError: a listener could not finish (the others do), or the server does not answer
            or serves another study.
    """
    wanted = folder.study.simulation.listeners if listeners is None else listeners
    database = open_study_database(folder)
    try:
        before, guests = _read_guests(database, folder)
        missing = max(0, wanted - before)
        if missing > len(guests):
            create_invitations(folder, missing - len(guests), "simulated")
            before, guests = _read_guests(database, folder)
        if missing:
            with _server(folder, url, guests[0]) as address:
                _take_part(folder, database, address, guests[:missing], progress)
    finally:
        database.close()
    return Simulated(before, missing)


def _read_guests(database: Database, folder: StudyFolder) -> tuple[int, list[_Guest]]:
    """How many simulated sessions of this version are complete, and who may still take part."""
    query = (
        select(Invitation.token, Session, StudyVersion)
        .outerjoin(Session, Session.invitation_id == Invitation.id)
        .outerjoin(StudyVersion, Session.study_digest == StudyVersion.digest)
        .where(Invitation.kind == "simulated")
        .order_by(Invitation.id)
    )
    completed, guests = 0, []
    with database.read() as transaction:
        for number, (token, session, version) in enumerate(transaction.execute(query)):
            if session is None or (session.status, version.digest) == ("started", folder.digest):
                guests.append(_Guest(token, number))
            elif session.status == "completed" and version.version == folder.study.study.version:
                completed += 1
    return completed, guests


@contextmanager
def _server(folder: StudyFolder, url: str | None, guest: _Guest) -> Iterator[str]:
    """The address of a server for this study; only one with this database knows the guest."""
    if url is not None:
        Browser(url).get(f"/i/{guest.invitation}")
        yield url
    elif _answers(guest):
        yield DEFAULT_URL
    else:
        with background_server(folder.file) as server:
            yield server.url


def _answers(guest: _Guest) -> bool:
    try:
        Browser(DEFAULT_URL).get(f"/i/{guest.invitation}")
    except EarwitnessError:
        return False
    return True


def _take_part(
    folder: StudyFolder,
    database: Database,
    url: str,
    guests: list[_Guest],
    progress: Progress | None,
) -> None:
    tell = progress or (lambda _done, _total: None)
    tell(0, len(guests))

    def run(guest: _Guest) -> None:
        listener = Listener(folder.study.simulation, guest.number)
        bot = Bot(Browser(url), listener, folder.study, lambda token: identities(database, token))
        bot.take_part(guest.invitation)

    failures: list[str] = []
    with ThreadPoolExecutor(THREADS, "listener") as pool:
        futures = {pool.submit(run, guest): guest for guest in guests}
        for done, future in enumerate(as_completed(futures), start=1):
            error = future.exception()
            if isinstance(error, EarwitnessError):
                failures.append(f"simulated listener {futures[future].number + 1}: {error}")
            elif error is not None:
                pool.shutdown(cancel_futures=True)
                raise error
            tell(done, len(guests))
    if failures:
        more = f" (and {len(failures) - 1} more)" if len(failures) > 1 else ""
        raise EarwitnessError(f"{failures[0]}{more}; run it again to go on")
