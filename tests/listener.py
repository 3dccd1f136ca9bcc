"""A participant's browser for tests: walks through a study with Flask's test client."""

from __future__ import annotations

import itertools
import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

DONE = re.compile(r'action="(/s/[^"/]+/trials/[^"/]+/done)"')
CELL = re.compile(r'data-slot="([^"]+)" data-scale="([^"]+)"')
AUDIO = re.compile(r'data-audio="([^"]+)"')
PAGE = re.compile(r'action="(/s/[^"/]+/pages/([^"/]+))"')
CODE = re.compile(r'id="code">([^<]+)<')
CONSENT = {"statement-0": "yes", "statement-1": "yes"}


@dataclass(frozen=True)
class TrialPage:
    """What a trial's page offers: where to go on, its slot × scale cells, its audio."""

    done: str
    cells: list[tuple[str, str]]
    audio: list[str]


class Listener:
    """One session in one browser."""

    def __init__(self, client: FlaskClient, session: str | None = None) -> None:
        """Resume `session`, or start a new one."""
        self.client = client
        self.url = session or self._start()
        self._sequence = itertools.count(1)

    def _start(self) -> str:
        nonce = re.search(r'name="nonce" value="([^"]+)"', self.client.get("/").text)
        assert nonce
        response = self.client.post("/start", data={"nonce": nonce[1]})
        assert response.status_code == 303
        return response.headers["Location"]

    def page(self) -> str:
        """The HTML of the page that is due."""
        response = self.client.get(self.url)
        assert response.status_code == 200, response.text
        return response.text

    @property
    def due(self) -> str:
        """What is due: a page's id, `trial`, or the code at the end."""
        text = self.page()
        if DONE.search(text):
            return "trial"
        found = PAGE.search(text)
        return found[2] if found else self.code

    @property
    def code(self) -> str:
        """The completion or withdrawal code that the page shows; empty where it shows none."""
        found = CODE.search(self.page())
        return found[1] if found else ""

    def trial(self) -> TrialPage:
        text = self.page()
        done = DONE.search(text)
        assert done, text
        return TrialPage(done[1], CELL.findall(text), AUDIO.findall(text))

    def send(self, page: str, **fields: str) -> TestResponse:
        return self.client.post(f"{self.url}/pages/{page}", data=fields)

    def body(self, value: int | None) -> dict[str, Any]:
        """The JSON of one answer, with a new event id and the next sequence."""
        return {
            "event": str(uuid.uuid4()),
            "sequence": next(self._sequence),
            "value": value,
            "declined": value is None,
            "listened_s": 1.5,
            "plays": 2,
            "client_at": "2026-01-01T10:00:00.000Z",
        }

    def put(self, slot: str, scale: str, body: dict[str, Any]) -> TestResponse:
        return self.client.put(f"{self.url}/slots/{slot}/ratings/{scale}", json=body)

    def rate_all(self, trial: TrialPage, choose: Callable[[int], int | None]) -> None:
        for number, (slot, scale) in enumerate(trial.cells):
            response = self.put(slot, scale, self.body(choose(number)))
            assert response.status_code == 200, response.text

    def to_trials(self) -> None:
        """Fill in the pages before the first trial."""
        assert self.send("consent", **CONSENT).status_code == 303
        assert self.send("questionnaire", age="30+", room="office").status_code == 303
        assert self.send("level", gain_db="-12").status_code == 303

    def finish_trials(self, choose: Callable[[int], int | None] = lambda n: 1 + n % 5) -> None:
        while self.due == "trial":
            trial = self.trial()
            self.rate_all(trial, choose)
            assert self.client.post(trial.done).status_code == 303

    def run(self, choose: Callable[[int], int | None] = lambda n: 1 + n % 5) -> str:
        """Go through the whole study; the completion code."""
        self.to_trials()
        self.finish_trials(choose)
        assert self.send("comments", comment="none").status_code == 303
        return self.code
