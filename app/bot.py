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
from earwitness.stimuli.pages.trials import Identity
from earwitness.stimuli.scales import Scale

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
        scales: Mapping[str, Scale],
        identities: Identities,
    ) -> None:
        self._browser = browser
        self._listener = listener
        self._scales = scales
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
        heard = self._identities(self._session.rsplit("/", 1)[-1])
        slots = list(dict.fromkeys(cell.slot for cell in page.cells))
        self._report(page, [("play" if slot == slots[0] else "switch", slot) for slot in slots])
        for order, cell in enumerate(page.cells, start=page.sequence + 1):
            self._answer(cell, order, heard[cell.slot])
        self._report(page, [("stop", slots[-1])])

    def _answer(self, cell: Cell, order: int, heard: Identity) -> None:
        value = self._listener.answer(self._scales[cell.scale], heard)
        if (DECLINED if value is None else str(value)) not in cell.options:
            raise EarwitnessError(f"{self._session}: no {value} on offer for {cell.scale}")
        content = {
            "event": str(uuid4()),
            "sequence": order,
            "value": value,
            "declined": value is None,
            "listened_s": round(5.0 + 15.0 * self._listener.chance(heard.item, heard.system), 2),
            "plays": 1 + int(4 * self._listener.chance("plays", heard.item, heard.system)),
            "client_at": _now(),
        }
        path = f"{self._session}/slots/{cell.slot}/ratings/{cell.scale}"
        stored = self._browser.send("PUT", path, content)["stored"]
        if (stored["value"], stored["declined"]) != (value, value is None):
            raise EarwitnessError(f"{path}: {value} was sent, but the server holds {stored}")

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
