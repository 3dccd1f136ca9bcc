"""The rating path: an acknowledged answer is stored, once, and the newest one holds."""

from __future__ import annotations

import threading
import uuid
from typing import Any

import pytest
from flask import Flask
from listener import Listener
from sqlalchemy import func, select

from earwitness.app.db import Database
from earwitness.app.tables import Event, Rating


def stored(database: Database) -> list[tuple[int | None, bool, int]]:
    with database.read() as transaction:
        ratings = transaction.scalars(select(Rating).order_by(Rating.id))
        return [(rating.value, rating.declined, rating.sequence) for rating in ratings]


def count(database: Database, table: type[Event] | type[Rating]) -> int:
    with database.read() as transaction:
        return transaction.scalar(select(func.count()).select_from(table)) or 0


def test_an_answer_is_stored_before_it_is_acknowledged(
    rating_listener: Listener, database: Database
) -> None:
    slot, scale = rating_listener.trial().cells[0]
    response = rating_listener.put(slot, scale, rating_listener.body(4))
    assert response.json == {
        "ok": True,
        "stored": {"value": 4, "declined": False, "sequence": 1},
    }
    assert stored(database) == [(4, False, 1)]


def test_a_request_that_comes_twice_changes_nothing_and_is_answered_alike(
    rating_listener: Listener, database: Database
) -> None:
    slot, scale = rating_listener.trial().cells[0]
    body = rating_listener.body(4)
    first, second = (rating_listener.put(slot, scale, body) for _ in range(2))
    assert first.json == second.json
    assert (count(database, Rating), count(database, Event)) == (1, 1)


def test_an_older_answer_never_overwrites_a_newer_one(
    rating_listener: Listener, database: Database
) -> None:
    slot, scale = rating_listener.trial().cells[0]
    older, newer = rating_listener.body(1), rating_listener.body(5)
    rating_listener.put(slot, scale, newer)
    late = rating_listener.put(slot, scale, older)
    assert late.json is not None
    assert late.json["stored"] == {"value": 5, "declined": False, "sequence": 2}
    assert stored(database) == [(5, False, 2)]
    assert count(database, Event) == 2  # the older answer stays in the log


def test_an_answer_can_be_changed_declined_and_given_again(
    rating_listener: Listener, database: Database
) -> None:
    slot, scale = rating_listener.trial().cells[0]
    for value in (2, None, 3):
        rating_listener.put(slot, scale, rating_listener.body(value))
    assert stored(database) == [(3, False, 3)]


def test_the_same_request_sent_eight_times_at_once_is_stored_once(
    rating_listener: Listener, app: Flask, database: Database
) -> None:
    slot, scale = rating_listener.trial().cells[0]
    body = rating_listener.body(4)
    statuses: list[int] = []

    def send() -> None:
        url = f"{rating_listener.url}/slots/{slot}/ratings/{scale}"
        statuses.append(app.test_client().put(url, json=body).status_code)

    threads = [threading.Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [200] * 8
    assert (count(database, Rating), count(database, Event)) == (1, 1)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"value": 0}, None),
        ({"value": 6}, None),
        ({"value": "3"}, "value"),
        ({"value": 3.0}, "value"),
        ({"value": None, "declined": False}, None),
        ({"value": 3, "declined": True}, None),
        ({"event": "not-a-uuid"}, "event"),
        ({"sequence": -1}, "sequence"),
        ({"listened_s": float("nan")}, "listened_s"),
        ({"listened_s": -1}, "listened_s"),
        ({"client_at": "yesterday"}, "client_at"),
        ({"is_simulated": True}, "is_simulated"),
    ],
)
def test_a_wrong_answer_is_refused_by_name_and_nothing_is_stored(
    listener: Listener, database: Database, change: dict[str, Any], field: str | None
) -> None:
    listener.to_trials()
    slot, scale = listener.trial().cells[0]
    response = listener.put(slot, scale, {**listener.body(3), **change})
    assert response.status_code in (400, 422)
    assert response.json is not None
    assert response.json["ok"] is False
    assert response.json["error"]["field"] == field
    assert response.json["error"]["message"]
    assert (count(database, Rating), count(database, Event)) == (0, 0)


def test_text_that_is_not_json_is_refused(listener: Listener) -> None:
    listener.to_trials()
    slot, scale = listener.trial().cells[0]
    url = f"{listener.url}/slots/{slot}/ratings/{scale}"
    response = listener.client.put(url, data="{", content_type="application/json")
    assert response.status_code == 400
    assert response.json is not None
    assert response.json["error"]["code"] == "bad_request"


def test_a_scale_of_another_study_is_refused(listener: Listener) -> None:
    listener.to_trials()
    slot, _ = listener.trial().cells[0]
    assert listener.put(slot, "loudness", listener.body(3)).status_code == 422


def test_an_event_id_names_one_answer_only(rating_listener: Listener, database: Database) -> None:
    (first, scale), (second, _) = rating_listener.trial().cells[:2]
    body = rating_listener.body(3)
    assert rating_listener.put(first, scale, body).status_code == 200
    assert rating_listener.put(second, scale, body).status_code == 422
    assert count(database, Rating) == 1


def test_another_sessions_slots_and_audio_do_not_exist(listener: Listener) -> None:
    listener.to_trials()
    other = Listener(listener.client)
    other.to_trials()
    (slot, scale), audio = other.trial().cells[0], other.trial().audio[0]
    assert listener.put(slot, scale, listener.body(3)).status_code == 404
    foreign = audio.replace(other.url, listener.url)
    assert foreign != audio
    assert listener.client.get(foreign).status_code == 404
    events = [{"event": str(uuid.uuid4()), "kind": "play", "slot": slot, "client_at": now()}]
    response = listener.client.post(f"{listener.url}/events", json={"events": events})
    assert response.status_code == 422


def now() -> str:
    return "2026-01-01T10:00:00Z"


def test_a_trial_that_was_not_shown_yet_takes_no_answers(
    listener: Listener, database: Database
) -> None:
    listener.to_trials()
    from earwitness.app.tables import Slot, Trial

    with database.read() as transaction:
        ahead = transaction.scalar(select(Slot.token).join(Slot.trial).where(Trial.number == 2))
    assert ahead
    assert listener.put(ahead, "clarity", listener.body(3)).status_code == 422


def test_after_a_withdrawal_no_answer_changes(rating_listener: Listener) -> None:
    slot, scale = rating_listener.trial().cells[0]
    body = rating_listener.body(3)
    rating_listener.put(slot, scale, body)
    rating_listener.client.post(f"{rating_listener.url}/withdraw")
    assert rating_listener.put(slot, scale, rating_listener.body(4)).status_code == 422
    assert rating_listener.put(slot, scale, body).status_code == 200  # a late retry


def test_events_are_stored_once_each(rating_listener: Listener, database: Database) -> None:
    slot, _ = rating_listener.trial().cells[0]
    events = [
        {"event": str(uuid.uuid4()), "kind": "play", "trial": 1, "slot": slot, "client_at": now()},
        {"event": str(uuid.uuid4()), "kind": "stop", "value": 2.5, "client_at": now()},
    ]
    for _ in range(2):
        body = {"events": [*events, events[0]]}
        response = rating_listener.client.post(f"{rating_listener.url}/events", json=body)
        assert response.json == {"ok": True}
    with database.read() as transaction:
        found = transaction.execute(select(Event.kind, Event.value).order_by(Event.id)).all()
    assert [tuple(row) for row in found] == [("play", None), ("stop", 2.5)]


@pytest.mark.parametrize("change", [{"kind": "rating"}, {"trial": 99}, {"kind": "Play!"}])
def test_events_that_the_session_cannot_have_are_refused(
    listener: Listener, database: Database, change: dict[str, Any]
) -> None:
    event = {"event": str(uuid.uuid4()), "kind": "play", "client_at": now(), **change}
    response = listener.client.post(f"{listener.url}/events", json={"events": [event]})
    assert response.status_code == 422
    assert count(database, Event) == 0
