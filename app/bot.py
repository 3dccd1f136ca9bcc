"""A simulated listener: takes a whole session over HTTP, as a browser would.

Whatever the browser may know comes from the pages. What a slot really is, which the answers depend
on, comes from the database and so only to a program that runs where the study lies.
"""

from __future__ import annotations

import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from earwitness.stimuli.errors import EarwitnessError
from earwitness.stimuli.pages.base import TrialPage
from earwitness.stimuli.pages.trials import Asked, Identity, Order, TrialView
from earwitness.stimuli.scales import Given
from earwitness.stimuli.study import Study

from .bot_page import BotPage, Cell, Control, read_page
from .listener_model import Listener

TIMEOUT_S = 60.0
DECLINED = "declined"
COMMENT = "This comment was written by a simulated listener."
COMMENT_PROBABILITY = 0.3
LEVEL_DB = "-18"
MAX_PAGES = 1000  # a session that never ends is a defect, not a long study

Identities = Callable[[str], Mapping[str, Identity]]


class Browser:
    """Requests to one server: follows redirects, keeps nothing, fails with one line."""

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")
        # A proxy of the environment is for the world outside, not for a server beside us.
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def get(self, path: str) -> tuple[str, bytes]:
        """Final path and body of a page or a file."""
        return self._request("GET", path, None, {})

    def submit(self, path: str, form: Mapping[str, str]) -> bytes:
        """The page that follows a form."""
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        return self._request("POST", path, urllib.parse.urlencode(form).encode(), kind)[1]

    def send(self, method: str, path: str, content: Mapping[str, Any]) -> dict[str, Any]:
        """The JSON that answers JSON."""
        kind = {"Content-Type": "application/json"}
        answer: dict[str, Any] = json.loads(
            self._request(method, path, json.dumps(content).encode(), kind)[1]
        )
        return answer

    def _request(
        self, method: str, path: str, body: bytes | None, headers: dict[str, str]
    ) -> tuple[str, bytes]:
        headers = {**headers, "Origin": self._url, "Sec-Fetch-Site": "same-origin"}
        request = urllib.request.Request(f"{self._url}{path}", body, headers, method=method)
        try:
            with self._opener.open(request, timeout=TIMEOUT_S) as response:
                return urllib.parse.urlsplit(response.url).path, response.read()
        except urllib.error.HTTPError as error:
            with error:
                raise EarwitnessError(
                    f"{self._url}: {method} {path} was answered with {error.code}"
                ) from error
        except (urllib.error.URLError, OSError) as error:
            raise EarwitnessError(f"{self._url}: no answer ({error})") from error


class Bot:
    """One listener's way through the study behind an invitation."""

    def __init__(
        self,
        browser: Browser,
        listener: Listener,
        study: Study,
        identities: Identities,
    ) -> None:
        self._browser = browser
        self._listener = listener
        self._study = study
        self._identities = identities
        self._session = ""

    def take_part(self, invitation: str) -> str:
        """Begin or resume the session, go through every page, and return the completion code.

        Raises:
            EarwitnessError: a page or an answer was refused, or the server does not answer.
        """
        self._session, body = self._browser.get(f"/i/{invitation}")
        page = read_page(body.decode())
        for _ in range(MAX_PAGES):
            if not page.action:
                break
            page = self._next(page)
        if not page.code:
            raise EarwitnessError(f"{self._session}: the session ended without a completion code")
        return page.code

    def _next(self, page: BotPage) -> BotPage:
        for path in page.audio:
            self._browser.get(path)
        if page.trial is not None:
            self._rate(page)
            form = {}
        else:
            form = {control.name: self._fill(page, control) for control in page.controls}
        return read_page(self._browser.submit(page.action, form).decode())

    def _fill(self, page: BotPage, control: Control) -> str:
        if control.kind == "checkbox":
            return control.value
        if control.kind == "range":
            return LEVEL_DB
        chance = self._listener.chance(page.action.rsplit("/", 1)[-1], control.name)
        if control.kind == "radio":
            options = [other.value for other in page.controls if other.name == control.name]
            return options[int(chance * len(options))]
        return COMMENT if chance < COMMENT_PROBABILITY else ""

    def _rate(self, page: BotPage) -> None:
        known = self._identities(self._session.rsplit("/", 1)[-1])
        own = {token: one for token, one in known.items() if one.trial == page.trial}
        slots = list(own)
        self._report(page, [("play" if slot == slots[0] else "switch", slot) for slot in slots])
        for order, cell in enumerate(page.cells, start=page.sequence + 1):
            self._answer(cell, order, own)
        self._report(page, [("stop", slots[-1])])

    def _answer(self, cell: Cell, order: int, slots: Mapping[str, Identity]) -> None:
        given = self._given(cell, slots)
        shown = DECLINED if given == Given() else str(given.text or given.value)
        if cell.kind in ("category", "pick") and shown not in cell.options:
            raise EarwitnessError(f"{self._session}: no {shown} on offer for {cell.scale}")
        answer = {"value": given.value} if given.text is None else {"answer": given.text}
        content = {
            "event": str(uuid4()),
            "sequence": order,
            **answer,
            "declined": given == Given(),
            **self._heard(slots[cell.slot]),
            "others": [
                {"slot": token, **self._heard(other)}
                for token, other in slots.items()
                if token != cell.slot
            ],
            "client_at": _now(),
        }
        path = f"{self._session}/slots/{cell.slot}/ratings/{cell.scale}"
        stored = self._browser.send("PUT", path, content)["stored"]
        if {name: stored.get(name) for name in answer} != answer:
            raise EarwitnessError(f"{path}: {answer} was sent, but the server holds {stored}")

    def _given(self, cell: Cell, slots: Mapping[str, Identity]) -> Given:
        """What the listener answers, as the page's type says."""
        heard = slots[cell.slot]
        pages = {page.id: page for page in self._study.pages}
        page, order = pages[heard.page], Order(())
        assert isinstance(page, TrialPage)
        by_letter = {one.letter: one for one in slots.values()}
        systems = {letter: one.system for letter, one in by_letter.items()}
        view = TrialView(heard.item, heard.target, systems, order)
        questions = {one.id: one for one in page.questions(self._study, view)}
        asked = Asked(questions[cell.scale], heard, by_letter)
        return page.simulated(asked, self._listener)

    def _heard(self, heard: Identity) -> dict[str, float]:
        """How long and how often they listened to a version."""
        chance = self._listener.chance
        return {
            "listened_s": round(5.0 + 15.0 * chance(heard.item, heard.system), 2),
            "plays": 1 + int(4 * chance("plays", heard.item, heard.system)),
        }

    def _report(self, page: BotPage, happened: list[tuple[str, str]]) -> None:
        events = [
            {
                "event": str(uuid4()),
                "kind": kind,
                "trial": page.trial,
                "slot": slot,
                "value": None,
                "client_at": _now(),
            }
            for kind, slot in happened
        ]
        self._browser.send("POST", f"{self._session}/events", {"events": events})


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
