"""`simulate` against the real server: complete, marked, as planted, and only what is missing."""

from __future__ import annotations

import shutil
import socket
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from flask.testing import FlaskClient
from listening_study import ETHICS, prepared_listening_study
from sqlalchemy import func, select

from earwitness.app.background import BackgroundServer, background_server
from earwitness.app.blind import Identity, identities
from earwitness.app.bot import Browser
from earwitness.app.bot_page import read_page
from earwitness.app.db import Database
from earwitness.app.invitations import create_invitations, open_study_database
from earwitness.app.listener_model import Listener
from earwitness.app.simulate import Simulated, simulate
from earwitness.app.tables import Answer, Event, Invitation, Rating, Session, Slot, Trial
from earwitness.stimuli.errors import EarwitnessError
from earwitness.stimuli.study import StudyFolder

PLANTED = """
[simulation]
listeners = 8
seed = 5
[simulation.utilities]
human-mix = 3.0
cnn = 0.0
unmixed = -3.0
"""


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> StudyFolder:
    """A study that allows real sessions: simulated ones stay simulated there, too."""
    return prepared_listening_study(tmp_path_factory.mktemp("planted"), extra=ETHICS + PLANTED)


@pytest.fixture(scope="module")
def server(planted: StudyFolder) -> Iterator[BackgroundServer]:
    with background_server(planted.root) as server:
        yield server


@pytest.fixture(scope="module")
def begun(planted: StudyFolder, server: BackgroundServer) -> str:
    """A simulated session that was left after the consent page: its path."""
    (invitation,) = create_invitations(planted, 1)
    browser = Browser(server.url)
    path, body = browser.get(f"/i/{invitation}")
    browser.submit(read_page(body.decode()).action, {"statement-0": "yes", "statement-1": "yes"})
    return path


@pytest.fixture(scope="module")
def filled(planted: StudyFolder, server: BackgroundServer, begun: str) -> Iterator[Database]:
    """The database after runs that ask for 5, 8 and 8 listeners, one of whom had begun."""
    assert begun
    seen: list[tuple[int, int]] = []
    first = simulate(planted, listeners=5, url=server.url, progress=lambda *step: seen.append(step))
    assert first == Simulated(before=0, added=5)
    assert seen == [(done, 5) for done in range(6)]
    with pytest.MonkeyPatch.context() as patch:  # the tests' server cannot be on port 8000
        patch.setattr("earwitness.app.simulate.DEFAULT_URL", server.url)
        assert simulate(planted) == Simulated(before=5, added=3)
    assert simulate(planted, url=server.url) == Simulated(before=8, added=0)
    database = open_study_database(planted)
    yield database
    database.close()


def test_every_session_is_complete_simulated_and_has_its_own_code(filled: Database) -> None:
    with filled.read() as transaction:
        sessions = transaction.scalars(select(Session)).all()
        assert len(sessions) == 8
        assert {(session.kind, session.status) for session in sessions} == {
            ("simulated", "completed")
        }
        assert len({session.completion_code for session in sessions}) == 8
        assert all(session.consented_at for session in sessions)
        assert {session.gain_db for session in sessions} == {-18.0}


def test_every_designed_slot_holds_an_answer_on_every_scale(filled: Database) -> None:
    with filled.read() as transaction:
        slots = transaction.scalar(select(func.count()).select_from(Slot))
        ratings = transaction.scalar(select(func.count()).select_from(Rating))
        kinds = set(transaction.scalars(select(Event.kind)))
    assert slots == 8 * (2 * 3 + 2)
    assert ratings == 2 * slots
    assert {"play", "switch", "stop", "rating"} <= kinds


def test_questionnaires_and_comments_are_filled_in(filled: Database) -> None:
    with filled.read() as transaction:
        answers = transaction.execute(select(Answer.field, Answer.value)).all()
    ages = {value for field, value in answers if field == "age"}
    assert ages == {"18-29", "30+"}
    assert any(field == "comment" and "simulated" in value for field, value in answers)


def test_the_planted_order_is_found_in_the_means(filled: Database) -> None:
    values = defaultdict(list)
    query = (
        select(Slot.system, Rating.value)
        .join(Rating.slot)
        .join(Slot.trial)
        .where(~Trial.is_training, Rating.value.is_not(None))
    )
    with filled.read() as transaction:
        for system, value in transaction.execute(query):
            values[system].append(value)
    means = {system: float(np.mean(found)) for system, found in values.items()}
    assert means["human-mix"] > means["cnn"] + 0.5 > means["unmixed"] + 1.0


def test_what_is_stored_is_what_the_seed_and_the_number_say(
    planted: StudyFolder, filled: Database
) -> None:
    scales = {scale.id: scale for scale in planted.study.scales}
    query = (
        select(Invitation.id, Trial.item, Trial.is_training, Slot.system, Rating)
        .join(Rating.slot)
        .join(Slot.trial)
        .join(Session, Trial.session_id == Session.id)
        .join(Invitation, Session.invitation_id == Invitation.id)
    )
    with filled.read() as transaction:
        rows = transaction.execute(query).all()
    assert len(rows) == 128
    first = min(row[0] for row in rows)
    for invitation, item, is_training, system, rating in rows:
        listener = Listener(planted.study.simulation, invitation - first)
        expected = listener.answer(scales[rating.scale], Identity(item, system, is_training))
        assert rating.value == expected
        assert rating.declined == (expected is None)


def test_a_session_that_was_begun_is_finished_and_no_invitation_is_left_over(
    server: BackgroundServer, begun: str, filled: Database
) -> None:
    with filled.read() as transaction:
        session = transaction.scalars(
            select(Session).where(Session.token == begun.rsplit("/", 1)[-1])
        ).one()
        assert session.status == "completed"
        assert transaction.scalar(select(func.count()).select_from(Invitation)) == 8
    last = read_page(Browser(server.url).get(begun)[1].decode())
    assert last.code == session.completion_code


def test_a_server_of_another_study_is_refused(server: BackgroundServer, tmp_path: Path) -> None:
    other = prepared_listening_study(tmp_path)
    with pytest.raises(EarwitnessError, match="was answered with 404"):
        simulate(other, listeners=1, url=server.url)


def test_no_server_at_the_given_address_is_one_line(folder: StudyFolder) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    with pytest.raises(EarwitnessError, match=f"{url}: no answer"):
        simulate(folder, listeners=1, url=url)


def test_without_a_server_one_is_started_and_a_broken_run_goes_on(
    planted: StudyFolder, tmp_path: Path
) -> None:
    shutil.copytree(planted.root, tmp_path / "study", ignore=shutil.ignore_patterns("earwitness*"))
    folder = StudyFolder(tmp_path / "study")
    with background_server(folder.root) as server:

        def kill_after_the_first(done: int, _total: int) -> None:
            if done == 1:
                server.kill()

        with pytest.raises(EarwitnessError, match="run it again to go on"):
            simulate(folder, listeners=8, url=server.url, progress=kill_after_the_first)
    result = simulate(folder, listeners=8)
    assert 1 <= result.before < 8
    assert result.before + result.added == 8
    database = open_study_database(folder)
    with database.read() as transaction:
        rows = transaction.execute(select(Session.kind, Session.status)).all()
    database.close()
    assert set(rows) == {("simulated", "completed")}
    assert len(rows) == 8


@pytest.mark.parametrize(
    ("query", "form", "headers"),
    [
        ("kind=simulated&is_simulated=true", {}, {}),
        ("", {"kind": "simulated", "is_simulated": "1", "invitation": "1"}, {}),
        ("", {}, {"X-Simulated": "1", "Cookie": "kind=simulated; is_simulated=1"}),
    ],
)
def test_no_request_can_mark_a_session_as_simulated(
    client: FlaskClient,
    database: Database,
    query: str,
    form: dict[str, str],
    headers: dict[str, str],
) -> None:
    nonce = "n" * 22
    client.post(f"/start?{query}", data={"nonce": nonce, **form}, headers=headers)
    with database.read() as transaction:
        (session,) = transaction.scalars(select(Session))
        assert session.kind == "pilot"
    for path in (f"/s/{session.token}?{query}", "/i/simulated", "/i/"):
        client.get(path, headers=headers)
    client.post(f"/s/{session.token}/pages/consent?{query}", data=form, headers=headers)
    with database.read() as transaction:
        assert list(transaction.scalars(select(Session.kind))) == ["pilot"]


def test_no_request_can_clear_the_mark(
    client: FlaskClient, folder: StudyFolder, database: Database
) -> None:
    (invitation,) = create_invitations(folder, 1)
    form = {"kind": "real", "is_simulated": "0", "statement-0": "yes", "statement-1": "yes"}
    path = client.get(f"/i/{invitation}?kind=real").headers["Location"]
    client.get(f"{path}?is_simulated=false")
    client.post(f"{path}/pages/consent?kind=real", data=form)
    with database.read() as transaction:
        assert list(transaction.scalars(select(Session.kind))) == ["simulated"]
    assert len(identities(database, path.rsplit("/", 1)[-1])) == 8


def test_a_page_is_read_as_a_browser_shows_it(client: FlaskClient, folder: StudyFolder) -> None:
    (invitation,) = create_invitations(folder, 1)
    page = read_page(client.get(f"/i/{invitation}", follow_redirects=True).text)
    assert page.action.endswith("/pages/consent")
    assert [(control.kind, control.name) for control in page.controls] == [
        ("checkbox", "statement-0"),
        ("checkbox", "statement-1"),
    ]
    assert (page.cells, page.audio, page.trial, page.code) == ([], [], None, "")
