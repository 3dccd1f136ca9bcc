"""Rating while the server is killed: nothing acknowledged is lost, nothing is stored twice.

Listeners go through the study over HTTP and repeat every request until it is acknowledged, as the
browser's outbox does, while workers are killed with SIGKILL, and once the whole server. Larger
figures for benchmarks: EARWITNESS_CRASH_LISTENERS, EARWITNESS_CRASH_CHANGES (answers per scale),
EARWITNESS_CRASH_INTERVAL_S.
"""

from __future__ import annotations

import http.client
import json
import os
import random
import signal
import socket
import sqlite3
import threading
import time
import urllib.parse
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from listener import CELL, CODE, CONSENT, DONE
from listening_study import prepared_listening_study
from postgres_server import new_database, postgres_server
from sqlalchemy import select

from earwitness.app.background import BackgroundServer, background_server
from earwitness.app.db import Database, open_database
from earwitness.app.settings import load_settings
from earwitness.app.tables import Event, Rating, Session, Slot
from earwitness.stimuli.study import StudyFolder

LISTENERS = int(os.environ.get("EARWITNESS_CRASH_LISTENERS", "8"))
CHANGES = int(os.environ.get("EARWITNESS_CRASH_CHANGES", "2"))
INTERVAL_S = float(os.environ.get("EARWITNESS_CRASH_INTERVAL_S", "0.5"))
CELLS = 2 * 2 + 2 * 3 * 2  # of the small study: a training trial, two songs
GIVE_UP_S = 120.0


@dataclass
class Acknowledged:
    """What the server said was stored."""

    newest: dict[tuple[str, str], int] = field(default_factory=dict)
    events: list[str] = field(default_factory=list)
    codes: list[str] = field(default_factory=list)
    repeats: int = 0


class StubbornListener:
    """Goes through a study and repeats each request until it is answered."""

    def __init__(self, port: int, number: int) -> None:
        self.port = port
        self.random = random.Random(number)
        self.got = Acknowledged()
        self.sequence = 0

    def send(self, method: str, path: str, body: bytes = b"", kind: str = "") -> tuple[int, str]:
        """One acknowledged request; (status, body or the place it leads to)."""
        deadline = time.monotonic() + GIVE_UP_S
        while time.monotonic() < deadline:
            with suppress(OSError, http.client.HTTPException):
                status, text = self._try(method, path, body, kind)
                if status < 500:
                    return status, text
            self.got.repeats += 1
            time.sleep(0.05 + 0.1 * self.random.random())
        raise AssertionError(f"{method} {path} was not answered within {GIVE_UP_S:.0f} s")

    def _try(self, method: str, path: str, body: bytes, kind: str) -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request(method, path, body, {"Content-Type": kind} if kind else {})
            response = connection.getresponse()
            text = response.read().decode()
            return response.status, response.headers.get("Location") or text
        finally:
            connection.close()

    def form(self, path: str, **fields: str) -> str:
        body = urllib.parse.urlencode(fields).encode()
        status, place = self.send("POST", path, body, "application/x-www-form-urlencoded")
        assert status == 303, (path, status, place)
        return place

    def run(self) -> Acknowledged:
        session = self.form("/start", nonce=uuid.uuid4().hex)
        self.form(f"{session}/pages/consent", **CONSENT)
        self.form(f"{session}/pages/questionnaire", age="30+")
        self.form(f"{session}/pages/level", gain_db="-6")
        while done := DONE.search(page := self.send("GET", session)[1]):
            answers = CELL.findall(page) * CHANGES
            self.random.shuffle(answers)
            for slot, scale in answers:
                self.rate(session, slot, scale)
            self.form(done[1])
        self.form(f"{session}/pages/comments", comment="")
        code = CODE.search(self.send("GET", session)[1])
        assert code
        self.got.codes.append(code[1])
        return self.got

    def rate(self, session: str, slot: str, scale: str) -> None:
        self.sequence += 1
        value, event = self.random.randint(1, 5), str(uuid.uuid4())
        body = {
            "event": event,
            "sequence": self.sequence,
            "value": value,
            "declined": False,
            "listened_s": 1.0,
            "plays": 1,
            "client_at": "2026-01-01T10:00:00Z",
        }
        path = f"{session}/slots/{slot}/ratings/{scale}"
        status, text = self.send("PUT", path, json.dumps(body).encode(), "application/json")
        assert status == 200, text
        assert json.loads(text)["stored"]["value"] == value
        self.got.newest[slot, scale] = value
        self.got.events.append(event)


def children(process_id: int) -> list[int]:
    """The processes that a process has started."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            fields = path.read_text().rsplit(")", 1)[1].split()
            if int(fields[1]) == process_id and fields[0] != "Z":
                found.append(int(path.parent.name))
    return found


def kill_workers(server: BackgroundServer, stop: threading.Event) -> int:
    """SIGKILL one worker after the other, until told to stop; how many were hit."""
    chance, killed = random.Random(0), 0
    while not stop.wait(INTERVAL_S):
        workers = children(server.process.pid)
        if workers:
            with suppress(ProcessLookupError):
                os.kill(chance.choice(workers), signal.SIGKILL)
                killed += 1
    return killed


@pytest.fixture
def folder(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[StudyFolder]:
    """A prepared study on SQLite, or on a PostgreSQL server of its own."""
    prepared = prepared_listening_study(tmp_path)
    if request.param == "sqlite":
        yield prepared
        return
    with postgres_server() as socket_folder:
        monkeypatch.setenv("EARWITNESS_DATABASE_URL", new_database(socket_folder))
        yield prepared


@pytest.mark.parametrize("folder", ["sqlite", "postgresql"], indirect=True)
def test_no_acknowledged_answer_is_lost_or_doubled_while_workers_are_killed(
    folder: StudyFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    stop = threading.Event()
    with background_server(folder.root) as server, ThreadPoolExecutor(LISTENERS + 1) as pool:
        began = time.monotonic()
        killer = pool.submit(kill_workers, server, stop)
        listeners = [StubbornListener(server.port, number) for number in range(LISTENERS)]
        running = [pool.submit(listener.run) for listener in listeners]
        try:
            got = [listener.result() for listener in running]
        finally:
            stop.set()
        seconds, killed = time.monotonic() - began, killer.result()
    assert killed >= 2
    check(folder, got)
    ratings, repeats = sum(len(one.events) for one in got), sum(one.repeats for one in got)
    with capsys.disabled():
        print(
            f"\n{LISTENERS} listeners, {ratings} acknowledged answers, {killed} workers killed in "
            f"{seconds:.1f} s, {repeats} requests repeated: 0 lost, 0 doubled"
        )


@pytest.mark.parametrize("folder", ["sqlite"], indirect=True)
def test_a_server_killed_as_a_whole_goes_on_where_it_was(folder: StudyFolder) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    listener = StubbornListener(port, 1)
    with ThreadPoolExecutor(1) as pool:
        with background_server(folder.root, port) as server:
            running = pool.submit(listener.run)
            while len(listener.got.events) < CELLS * CHANGES // 2:
                assert not running.done()
                time.sleep(0.005)
            server.kill()
        with background_server(folder.root, port):
            got = running.result()
    check(folder, [got])


def check(folder: StudyFolder, got: list[Acknowledged]) -> None:
    """The database holds what was acknowledged: all of it, once, and the newest answer."""
    newest = {cell: value for one in got for cell, value in one.newest.items()}
    events = [event for one in got for event in one.events]
    assert len(newest) == CELLS * len(got)
    assert len(events) == CELLS * CHANGES * len(got)
    database = open_database(load_settings(folder).database_url)
    try:
        held = stored_values(database)
        assert len(held) == len(newest), "a cell has two rows, or none"
        assert dict(held) == newest
        with database.read() as transaction:
            names = list(transaction.scalars(select(Event.event)))
            codes = list(transaction.scalars(select(Session.completion_code)))
    finally:
        database.close()
    assert sorted(names) == sorted(events)
    assert sorted(codes) == sorted(code for one in got for code in one.codes)
    if folder.database.exists():
        with sqlite3.connect(folder.database) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        connection.close()


def stored_values(database: Database) -> list[tuple[tuple[str, str], int | None]]:
    query = select(Slot.token, Rating.scale, Rating.value).join(Rating.slot)
    with database.read() as transaction:
        return [((slot, scale), value) for slot, scale, value in transaction.execute(query)]
