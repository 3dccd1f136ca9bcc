"""Whatever the network does to requests: nothing acknowledged is lost, nothing is stored twice."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from listener import Listener
from sqlalchemy import func, select

from earwitness.app.db import Database
from earwitness.app.tables import Event, Rating, Session, Slot, Trial
from earwitness.stimuli.study import StudyFolder

Cell = tuple[str, str]
Sent = tuple[Cell, dict[str, Any]]


def stored(database: Database, session: str) -> dict[Cell, tuple[int | None, bool]]:
    """What the database holds for a session's cells; each cell has at most one row."""
    query = (
        select(Slot.token, Rating.scale, Rating.value, Rating.declined)
        .join(Rating.slot)
        .join(Slot.trial)
        .join(Session, Trial.session_id == Session.id)
        .where(Session.token == session.removeprefix("/s/"))
    )
    with database.read() as transaction:
        rows = transaction.execute(query).all()
    assert len({(slot, scale) for slot, scale, *_ in rows}) == len(rows)
    return {(slot, scale): (value, declined) for slot, scale, value, declined in rows}


def answers(listener: Listener, cells: list[Cell], changes: list[int]) -> list[Sent]:
    """Each cell is answered, some are changed or declined later; in the order of giving."""
    given = [(cell, listener.body(1 + number % 5)) for number, cell in enumerate(cells)]
    changed = [
        (cells[change % len(cells)], listener.body(change % 6 or None)) for change in changes
    ]
    return given + changed


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    seed=st.integers(0, 2**32),
    changes=st.lists(st.integers(0, 1000), max_size=6),
    loss=st.sampled_from([0.0, 0.2, 0.6]),
    repeats=st.sampled_from([0.0, 0.5]),
)
def test_no_drop_repeat_or_reorder_loses_or_doubles_an_answer(
    app: Flask, database: Database, seed: int, changes: list[int], loss: float, repeats: float
) -> None:
    network = random.Random(seed)
    listener = Listener(app.test_client())
    listener.to_trials()
    while listener.due == "trial":
        trial = listener.trial()
        sent = answers(listener, trial.cells, changes)
        under_way = [one for one in sent for _ in range(1 + (network.random() < repeats))]
        under_way = [one for one in under_way if network.random() >= loss]
        network.shuffle(under_way)
        deliver(listener, database, under_way)
        is_complete = {cell for cell, _ in under_way} == set(trial.cells)
        done = listener.client.post(trial.done)
        assert done.status_code == (303 if is_complete else 422)
        if not is_complete:  # the outbox sends again what was not acknowledged
            deliver(listener, database, sent)
            assert listener.client.post(trial.done).status_code == 303
        check_newest_holds(listener, database, under_way if is_complete else sent)
        assert not listener.code
    listener.send("comments", comment="")
    assert listener.code
    check_events(database, listener.url)


def deliver(listener: Listener, database: Database, requests: list[Sent]) -> None:
    """Every acknowledged request is in the database when its answer arrives."""
    for (slot, scale), body in requests:
        response = listener.put(slot, scale, body)
        assert response.status_code == 200
        assert response.json is not None
        now = response.json["stored"]
        assert stored(database, listener.url)[slot, scale] == (now["value"], now["declined"])
        assert now["sequence"] >= body["sequence"]


def check_newest_holds(listener: Listener, database: Database, delivered: list[Sent]) -> None:
    newest: dict[Cell, dict[str, Any]] = {}
    for cell, body in delivered:
        if cell not in newest or body["sequence"] > newest[cell]["sequence"]:
            newest[cell] = body
    held = stored(database, listener.url)
    for cell, body in newest.items():
        assert held[cell] == (body["value"], body["declined"])


def check_events(database: Database, session: str) -> None:
    """One event for each request that was acknowledged, none twice."""
    query = (
        select(func.count(), func.count(func.distinct(Event.event)))
        .join(Session, Event.session_id == Session.id)
        .where(Session.token == session.removeprefix("/s/"))
    )
    with database.read() as transaction:
        rows, names = transaction.execute(query).one()
    assert rows == names > 0


@pytest.mark.parametrize("gone", [1, 5, 16])
def test_no_code_is_issued_while_a_single_answer_is_missing(
    folder: StudyFolder, make_app: Callable[[StudyFolder], Flask], gone: int
) -> None:
    app = make_app(folder)
    listener = Listener(app.test_client())
    listener.to_trials()
    listener.finish_trials()
    assert listener.due == "comments"
    database: Database = app.extensions["earwitness"].database
    with database.write() as transaction:  # as after a damaged backup
        transaction.delete(transaction.get_one(Rating, gone))
    listener.send("comments", comment="")
    assert not listener.code
    assert listener.due == "trial"
    listener.finish_trials()
    assert listener.code
