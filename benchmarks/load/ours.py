"""Listeners of Earwitness: pages, audio, every answer and event as a browser sends them."""

from __future__ import annotations

import asyncio
import json
import random
import re
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import urlencode

from sqlalchemy import select

from earwitness.app.db import open_database
from earwitness.app.invitations import create_invitations
from earwitness.app.settings import load_settings
from earwitness.app.tables import Rating, Slot
from earwitness.stimuli.study import StudyFolder

from .wire import Browser, Timings

DONE = re.compile(r'action="(/s/[^"/]+/trials/[^"/]+/done)"')
CELL = re.compile(r'data-slot="([^"]+)" data-scale="([^"]+)"')
AUDIO = re.compile(r'data-audio="([^"]+)"')
STATIC = re.compile(r'(?:href|src)="(/static/[^"]+)"')
IMPORT = re.compile(r'from "\./([a-z-]+\.js)"')
PARALLEL_AUDIO = 4  # connections; browsers open six
JSON = "application/json"
FORM = "application/x-www-form-urlencoded"


@dataclass
class Load:
    """What all listeners share: how long it lasts, how fast they are, what was acknowledged."""

    until: float
    think_s: float
    timings: Timings
    acknowledged: dict[tuple[str, str], int] = field(default_factory=dict)
    sessions: int = 0


def invitations(folder: StudyFolder, count: int) -> list[str]:
    """Links for simulated sessions, so that the load is marked as what it is."""
    return create_invitations(folder, count, "simulated")


async def listen(port: int, invitation: str, load: Load, seed: int) -> None:
    """Take part from the invitation on until the time is over."""
    chance = random.Random(seed)
    browser = Browser(port, load.timings)
    try:
        session = (await browser.get(f"/i/{invitation}", "start")).location
        load.sessions += 1
        await _scripts(browser, session)
        for page, form in (("consent", {"statement-0": "yes"}), ("level", {"gain_db": "-18"})):
            await _think(load, chance)
            await _post(browser, f"{session}/pages/{page}", form)
        sequence = 0
        while _now() < load.until:
            text = (await browser.get(session, "page")).body.decode()
            done = DONE.search(text)
            if not done:
                return
            await _hear(port, AUDIO.findall(text), load)
            for slot, scale in CELL.findall(text):
                await _think(load, chance)
                if _now() >= load.until:
                    return
                sequence += 1
                await _rate(browser, session, (slot, scale), chance.randint(1, 5), sequence, load)
                if chance.random() < 0.6:  # the journal goes every 5 s, an answer every 3 s
                    await _journal(browser, session, slot)
            await _post(browser, done[1], {})
    except (OSError, asyncio.IncompleteReadError, TimeoutError):
        return  # it is among the errors already
    finally:
        browser.close()


async def _scripts(browser: Browser, session: str) -> None:
    """Style and scripts of the first page with a player; a browser keeps them afterwards."""
    text = (await browser.get(session, "page")).body.decode()
    names = dict.fromkeys([*STATIC.findall(text), "/static/rating.js"])
    waiting = list(names)
    while waiting:
        path = waiting.pop()
        body = (await browser.get(path, "static")).body.decode(errors="replace")
        found = [f"/static/{name}" for name in IMPORT.findall(body)]
        waiting += [name for name in found if name not in names]
        names.update(dict.fromkeys(found))
    await browser.request("POST", f"{session}/tab/load.test", "tab")


async def _hear(port: int, paths: list[str], load: Load) -> None:
    waiting = iter(paths)

    async def fetch() -> None:
        browser = Browser(port, load.timings)
        for path in waiting:
            await browser.get(path, "audio", keep=False)
        browser.close()

    await asyncio.gather(*(fetch() for _ in range(min(PARALLEL_AUDIO, len(paths)))))


async def _post(browser: Browser, path: str, form: dict[str, str]) -> None:
    """A form and the page that follows it: what a listener waits for."""
    body = urlencode({**form, "tab": "load.test"}).encode()
    await browser.request("POST", path, "form", body, FORM)


async def _rate(
    browser: Browser,
    session: str,
    cell: tuple[str, str],
    value: int,
    sequence: int,
    load: Load,
) -> None:
    content = {
        "event": str(uuid.uuid4()),
        "sequence": sequence,
        "value": value,
        "declined": False,
        "listened_s": 3.0,
        "plays": 1,
        "client_at": datetime.now(UTC).isoformat(),
    }
    path = f"{session}/slots/{cell[0]}/ratings/{cell[1]}"
    answer = await browser.request("PUT", path, "rating", json.dumps(content).encode(), JSON)
    if answer.status == 200 and json.loads(answer.body)["ok"]:
        load.acknowledged[cell] = value


async def _journal(browser: Browser, session: str, slot: str) -> None:
    at = datetime.now(UTC).isoformat()
    events = [
        {"event": str(uuid.uuid4()), "kind": kind, "slot": slot, "client_at": at}
        for kind in ("play", "switch", "stop")
    ]
    body = json.dumps({"events": events}).encode()
    await browser.request("POST", f"{session}/events", "events", body, JSON)


async def _think(load: Load, chance: random.Random) -> None:
    await asyncio.sleep(load.think_s * chance.uniform(0.5, 1.5))


def _now() -> float:
    return asyncio.get_running_loop().time()


def lost(folder: StudyFolder, load: Load) -> int:
    """Acknowledged answers that the database does not hold as they were acknowledged."""
    database = open_database(load_settings(folder).database_url)
    with database.read() as transaction:
        query = select(Slot.token, Rating.scale, Rating.value).join(Rating.slot)
        stored = {(token, scale): value for token, scale, value in transaction.execute(query)}
    database.close()
    return sum(stored.get(cell) != value for cell, value in load.acknowledged.items())
