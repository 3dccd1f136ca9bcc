"""The researcher's desk: blind until unblinding, previews that count nowhere, links, the booth."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient
from listener import CONSENT, Listener
from listening_study import SYSTEMS
from sqlalchemy import select

from earwitness.app import create_app
from earwitness.app.context import Context
from earwitness.app.db import Database
from earwitness.app.security import set_password
from earwitness.app.settings import load_settings
from earwitness.app.tables import Session
from earwitness.app.upkeep.audit import has_happened
from earwitness.stimuli.study import StudyFolder

PASSWORD = "a long enough password"


@pytest.fixture
def desk(app: Flask, database: Database) -> FlaskClient:
    """A browser in which the researcher has logged in."""
    with database.write() as transaction:
        set_password(transaction, PASSWORD)
    client = app.test_client()
    client.post("/researcher/login", data={"password": PASSWORD})
    return client


def download(desk: FlaskClient, name: str) -> int:
    """The status of a table's download."""
    with desk.get(f"/researcher/exports/{name}") as response:
        return response.status_code


def test_the_researcher_is_blind_until_unblinding_which_stays_on_record(
    desk: FlaskClient, listener: Listener, database: Database
) -> None:
    listener.run()
    before = desk.get("/researcher").text
    assert [name for name in SYSTEMS if name in before] == []
    assert [download(desk, name) for name in ("ratings.csv", "sessions.csv")] == [403, 200]
    assert desk.post("/researcher/unblind").status_code == 400
    assert desk.post("/researcher/unblind", data={"sure": "yes"}).status_code == 303
    after = desk.get("/researcher").text
    assert [name for name in SYSTEMS if name not in after] == []
    assert download(desk, "ratings.csv") == 200
    with database.read() as transaction:
        assert has_happened(transaction, "unblind")


def test_the_desk_shows_how_the_study_does(desk: FlaskClient, client: FlaskClient) -> None:
    Listener(client).run(lambda _: 3)
    Listener(client).to_trials()
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", desk.get("/researcher").text))
    for said in (
        "Completed sessions took 0 minutes",
        "1 of 1 completed sessions gave the same answer everywhere",
        "0 of 12 answers were declined",
        "song-1 3 1 1",
    ):
        assert said in text, said


@pytest.mark.parametrize("page", ["consent", "questionnaire", "level", "rating", "thanks"])
def test_any_page_can_be_looked_at_and_the_look_counts_nowhere(
    desk: FlaskClient, page: str
) -> None:
    seen = desk.post(f"/researcher/preview/{page}", follow_redirects=True)
    assert seen.status_code == 200
    assert {"thanks": 'id="code"', "rating": "/done"}.get(page, f"/pages/{page}") in seen.text
    tiles = re.findall(r"<dt>(\w[\w ]*)</dt><dd>(\d+)</dd>", desk.get("/researcher").text)
    assert {number for _, number in tiles} == {"0"}
    assert desk.post("/researcher/preview/nothing").status_code == 404


def test_links_are_made_with_a_note_and_counted_when_they_are_used(
    desk: FlaskClient, client: FlaskClient
) -> None:
    form = {"count": "3", "label": "room <A>", "kind": "pilot"}
    links = re.findall(
        r"http://localhost(/i/[\w-]+)", desk.post("/researcher/invitations", data=form).text
    )
    assert len(set(links)) == 3
    assert client.get(links[0]).status_code == 303
    text = desk.get("/researcher").text
    assert "room &lt;A&gt;" in text
    assert re.search(r'pilot</td><td class="number">3</td><td class="number">1<', text)
    for wrong in ({"count": "501"}, {"count": "-1"}, {"count": "2", "label": "preview"}):
        assert desk.post("/researcher/invitations", data=wrong).status_code == 422


def test_in_a_booth_the_level_is_given_and_the_end_leads_to_the_next_participant(
    folder: StudyFolder, make_app: Callable[[StudyFolder], Flask]
) -> None:
    make_app(folder)
    app = create_app(replace(load_settings(folder), booth_gain_db=-9.0))
    client = app.test_client()
    listener = Listener(client)
    listener.send("consent", **CONSENT)
    listener.send("questionnaire", age="30+")
    assert listener.due == "trial"
    assert 'data-gain-db="-9.0"' in listener.page()
    listener.finish_trials()
    listener.send("comments", comment="")
    assert 'href="/" accesskey="n"' in listener.page()
    context: Context = app.extensions["earwitness"]
    with context.database.read() as transaction:
        assert transaction.scalars(select(Session)).one().status == "completed"
    context.database.close()
