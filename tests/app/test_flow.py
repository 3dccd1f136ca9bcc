"""The path through a study, from the link to the code."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from listener import CONSENT, Listener
from sqlalchemy import select

from earwitness.app.db import Database
from earwitness.app.tables import Answer, Event, Participant, Rating, Session
from earwitness.stimuli.study import StudyFolder

CODE = re.compile(r"[2-9A-Z]{5}-[2-9A-Z]{5}")


def only_session(database: Database) -> Session:
    with database.read() as transaction:
        return transaction.scalars(select(Session)).one()


def test_a_participant_goes_from_the_link_to_the_completion_code(
    any_database: str,  # noqa: ARG001
    listener: Listener,
    database: Database,
) -> None:
    code = listener.run()
    assert CODE.fullmatch(code)
    session = only_session(database)
    assert (session.status, session.completion_code, session.kind) == ("completed", code, "pilot")
    assert session.finished_at is not None
    with database.read() as transaction:
        ratings = list(transaction.scalars(select(Rating)))
    assert len(ratings) == 2 * 2 + 2 * 3 * 2  # training, then two songs of three systems
    assert listener.code == code  # the link keeps showing it


def test_the_link_resumes_at_the_same_page_in_the_same_order(
    listener: Listener, app: Flask
) -> None:
    listener.to_trials()
    first = listener.trial()
    slot, scale = first.cells[0]
    listener.put(slot, scale, listener.body(4))
    elsewhere = Listener(app.test_client(), listener.url)
    assert elsewhere.trial() == first
    cell = re.search(
        rf'data-slot="{slot}" data-scale="{scale}".*?</fieldset>', elsewhere.page(), re.S
    )
    assert cell
    assert re.findall(r'value="(\w+)" checked', cell[0]) == ["4"]


def test_no_address_leads_past_the_page_that_is_due(listener: Listener) -> None:
    for path in ("/pages/comments", "/pages/rating", "/thanks", "/trials/x/done", "/anything"):
        response = listener.client.get(listener.url + path)
        assert response.status_code == 303
        assert response.headers["Location"] == listener.url
    assert listener.send("level", gain_db="-10").status_code == 303
    assert listener.send("comments", comment="early").status_code == 303
    assert listener.due == "consent"


def test_pressing_start_twice_begins_one_session(client: FlaskClient, database: Database) -> None:
    nonce = re.search(r'name="nonce" value="([^"]+)"', client.get("/").text)
    assert nonce
    places = {client.post("/start", data={"nonce": nonce[1]}).headers["Location"] for _ in "ab"}
    assert len(places) == 1
    with database.read() as transaction:
        assert len(list(transaction.scalars(select(Participant)))) == 1
    assert client.post("/start").status_code == 400


def test_consent_needs_every_statement_and_is_stored_with_version_hash_and_time(
    listener: Listener, database: Database
) -> None:
    refused = listener.send("consent", **{"statement-0": "yes"})
    assert refused.status_code == 422
    assert "error-statement-1" in refused.text
    assert only_session(database).consented_at is None
    assert listener.send("consent", **CONSENT).status_code == 303
    session = only_session(database)
    text = "Welcome\nPlease read this.\nI am 18 or older.\nI agree to take part."
    assert session.consent_sha256 == hashlib.sha256(text.encode()).hexdigest()
    assert session.consent_version == "1"
    assert session.consented_at is not None


@pytest.mark.parametrize("sent", [{}, {"age": "12"}, {"age": "30+", "room": "x" * 20_000}])
def test_a_wrong_questionnaire_comes_back_with_messages(
    listener: Listener, database: Database, sent: dict[str, str]
) -> None:
    listener.send("consent", **CONSENT)
    response = listener.send("questionnaire", **sent)
    assert response.status_code == 422
    assert "field-error" in response.text
    with database.read() as transaction:
        assert transaction.scalar(select(Answer)) is None


@pytest.mark.parametrize("gain_db", ["", "loud", "nan", "3", "-inf"])
def test_a_level_above_what_was_made_safe_is_refused(listener: Listener, gain_db: str) -> None:
    listener.send("consent", **CONSENT)
    listener.send("questionnaire", age="30+")
    assert listener.send("level", gain_db=gain_db).status_code == 422
    assert listener.due == "level"


def test_a_corrected_form_sent_again_replaces_the_first(
    listener: Listener, database: Database
) -> None:
    listener.to_trials()
    assert listener.send("questionnaire", age="18-29", room="").status_code == 303
    with database.read() as transaction:
        answers = transaction.execute(select(Answer.field, Answer.value).order_by(Answer.id)).all()
    assert [tuple(row) for row in answers] == [("age", "18-29"), ("room", ""), ("gain_db", "-12")]
    assert listener.due == "trial"


def test_a_trial_with_an_open_scale_cannot_be_left_and_names_it(listener: Listener) -> None:
    listener.to_trials()
    trial = listener.trial()
    for slot, scale in trial.cells[1:]:
        listener.put(slot, scale, listener.body(3))
    response = listener.client.post(trial.done)
    assert response.status_code == 422
    assert re.findall("<li>(Clarity Version [A-Z])</li>", response.text) == ["Clarity Version A"]
    assert listener.trial() == trial


def test_a_trial_is_finished_once_however_often_it_is_sent(listener: Listener) -> None:
    listener.to_trials()
    trial = listener.trial()
    listener.rate_all(trial, lambda _: 3)
    for _ in range(3):
        assert listener.client.post(trial.done).status_code == 303
    assert listener.trial().done != trial.done
    assert len(listener.trial().cells) == 6


def test_declines_complete_a_session(listener: Listener, database: Database) -> None:
    assert CODE.fullmatch(listener.run(lambda _: None))
    with database.read() as transaction:
        assert all(rating.declined for rating in transaction.scalars(select(Rating)))


def test_an_optional_scale_left_blank_becomes_a_stored_decline(
    folder: StudyFolder, make_app: Callable[[StudyFolder], Flask]
) -> None:
    from earwitness.stimuli.prepare import prepare

    text = folder.file.read_text()
    folder.file.write_text(text.replace('id = "clarity"', 'id = "clarity"\nrequired = false'))
    changed = StudyFolder(folder.root)
    prepare(changed)
    app = make_app(changed)
    listener = Listener(app.test_client())
    listener.to_trials()
    trial = listener.trial()
    for slot, scale in trial.cells:
        if scale == "overall":
            listener.put(slot, scale, listener.body(3))
    assert listener.client.post(trial.done).status_code == 303
    database: Database = app.extensions["earwitness"].database
    with database.read() as transaction:
        rows = transaction.execute(select(Rating.scale, Rating.declined).order_by(Rating.id)).all()
        kinds = set(transaction.scalars(select(Event.kind)))
    assert sorted(tuple(row) for row in rows) == [
        ("clarity", True),
        ("clarity", True),
        ("overall", False),
        ("overall", False),
    ]
    assert kinds == {"rating", "left_blank"}


@pytest.mark.parametrize("pages_done", range(6))
def test_withdrawing_at_any_page_gives_a_withdrawal_code(
    listener: Listener, database: Database, pages_done: int
) -> None:
    moves: list[Callable[[], object]] = [
        lambda: listener.send("consent", **CONSENT),
        lambda: listener.send("questionnaire", age="30+"),
        lambda: listener.send("level", gain_db="-3"),
        listener.finish_trials,
        lambda: listener.send("comments", comment=""),
    ]
    for move in moves[:pages_done]:
        move()
    for _ in range(2):
        assert listener.client.post(f"{listener.url}/withdraw").status_code == 303
    session = only_session(database)
    assert session.status == "withdrawn"
    assert session.withdrawal_code == listener.code
    assert (session.completion_code is not None) == (pages_done == 5)


def test_audio_of_a_withdrawn_session_is_gone(listener: Listener) -> None:
    listener.to_trials()
    audio = listener.trial().audio[0]
    with listener.client.get(audio) as response:
        assert response.status_code == 200
    listener.client.post(f"{listener.url}/withdraw")
    assert listener.client.get(audio).status_code == 404


def test_a_session_whose_sounds_are_gone_is_told_so_and_keeps_its_answers(
    listener: Listener,
    folder: StudyFolder,
    make_app: Callable[[StudyFolder], Flask],
) -> None:
    from earwitness.stimuli.prepare import prepare

    listener.to_trials()
    text = (
        folder.file.read_text()
        .replace('"cnn"]', '"lead-up"]')
        .replace("[[scales]]", "[[scales]]", 1)
    )
    folder.file.write_text(text.replace('version = "1"\ncontact', 'version = "2"\ncontact'))
    for audio in (folder.root / "run" / "audio" / "cnn").iterdir():
        target = folder.root / "run" / "audio" / "lead-up" / audio.name
        target.parent.mkdir(exist_ok=True)
        target.write_bytes(audio.read_bytes())
    manifest = folder.root / "run" / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"cnn"', '"lead-up"'))
    changed = StudyFolder(folder.root)
    prepare(changed)
    client = make_app(changed).test_client()
    resumed = client.get(listener.url)
    while resumed.status_code == 200 and (trial := Listener(client, listener.url)).due == "trial":
        page = trial.trial()
        trial.rate_all(page, lambda _: 3)
        client.post(page.done)
        resumed = client.get(listener.url)
    assert resumed.status_code == 410
    assert "answers" in resumed.text
    assert Listener(client).due == "consent"
