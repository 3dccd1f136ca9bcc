"""A browser that keeps every byte that it is sent, and what is left of it without chance."""

from __future__ import annotations

import re
import uuid
from typing import Any

from flask.testing import FlaskClient

WAV_HEADER_BYTES = 44
TOKEN = re.compile(r"(?<![\w-])[\w-]{22}(?![\w-])")


class Recorder:
    """A browser that keeps all it is sent."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client
        self.received: list[tuple[str, int, list[tuple[str, str]], bytes]] = []

    def open(self, url: str, method: str = "GET", **more: Any) -> bytes:
        with self.client.open(url, method=method, **more) as response:
            headers = [(name, value) for name, value in response.headers if name != "Date"]
            self.received.append((f"{method} {url}", response.status_code, headers, response.data))
            self.location = response.headers.get("Location", "")
            return bytes(response.data)


def body(number: int) -> dict[str, object]:
    return {
        "event": str(uuid.uuid4()),
        "sequence": number + 1,
        "value": 1 + number % 5,
        "declined": False,
        "listened_s": 1.0,
        "plays": 1,
        "client_at": "2026-01-01T10:00:00Z",
    }


def fixed_uuid(number: int) -> str:
    return str(uuid.UUID(int=number))


def without_chance(browser: Recorder) -> list[object]:
    """What was received, with tokens numbered in order of appearance and samples left out."""
    everything = " ".join(
        f"{request} {headers} {'' if data.startswith(b'RIFF') else data.decode()}"
        for request, _, headers, data in browser.received
    )
    tokens = dict.fromkeys(TOKEN.findall(everything))
    numbers = {token: f"<token {number}>" for number, token in enumerate(tokens)}
    known = re.compile("|".join(map(re.escape, tokens)))

    def plain(text: str) -> str:
        text = known.sub(lambda match: numbers[match[0]], text)
        return re.sub(r"\b[2-9A-Z]{5}-[2-9A-Z]{5}\b", "<code>", text)

    def content(data: bytes) -> str:
        if data.startswith(b"RIFF"):
            return f"{data[:WAV_HEADER_BYTES]!r} and {len(data) - WAV_HEADER_BYTES} bytes"
        return plain(data.decode())

    return [
        (plain(request), status, [(name, plain(value)) for name, value in headers], content(data))
        for request, status, headers, data in browser.received
    ]
