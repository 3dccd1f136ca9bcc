"""The same listeners at pymushra: its own server, its own way to store (one request a page).

pymushra serves webMUSHRA's folder and takes `sessionJSON`. webMUSHRA sends a whole test at its end;
here each page's answers are sent when the page is left, which is the least that could be compared
with a server that stores each answer when it is given.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

from earwitness.stimuli.manifest import load_stimuli, stimulus_path
from earwitness.stimuli.study import StudyFolder

from .ours import FORM, Load
from .study import SCALES, SYSTEMS
from .wire import Browser

VERSION = "0.5"
INDEX_BYTES = 20_000  # about webMUSHRA's index.html, scripts apart


def environment(cache: Path) -> Path:
    """A virtual environment with pymushra, made once; its pymushra command."""
    command = cache / "bin" / "pymushra"
    if not command.exists():
        subprocess.run([sys.executable, "-m", "venv", str(cache)], check=True)
        packages = [f"pymushra=={VERSION}"]
        without_pins = {
            k: v for k, v in os.environ.items() if k not in ("PIP_CONSTRAINT", "PYTHONPATH")
        }
        pip = [str(cache / "bin" / "python"), "-m", "pip", "install", "--quiet", *packages]
        subprocess.run(pip, check=True, env=without_pins)
    return command


@contextmanager
def served(command: Path, root: Path, folder: StudyFolder) -> Iterator[tuple[int, int]]:
    """pymushra with the same audio; its port and process id."""
    pages = root / "webmushra"
    (pages / "configs").mkdir(parents=True)
    (pages / "index.html").write_text("<!doctype html>" + " " * INDEX_BYTES, encoding="utf-8")
    for number, stimulus in enumerate(load_stimuli(folder).stimuli):
        os.link(stimulus_path(folder, stimulus.id), pages / f"{number}.wav")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    arguments = ["-w", "webmushra", "-d", "db/results.json", "server", "-p", str(port)]
    with (root / "log").open("wb") as log:
        clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        process = subprocess.Popen(
            [str(command), *arguments],
            cwd=root,
            stdout=log,
            stderr=log,
            start_new_session=True,
            env={**clean, "MPLBACKEND": "agg"},
        )
    try:
        _wait(port, process)
        yield port, process.pid
    finally:
        os.killpg(process.pid, 9)
        process.wait()


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError("pymushra did not start; see its log")
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.2)
    raise RuntimeError("pymushra does not answer")


async def listen(port: int, clips: int, load: Load, seed: int) -> None:
    """Page, audio, answers; an answer itself needs no request there."""
    chance = random.Random(seed)
    browser = Browser(port, load.timings)
    name = str(uuid.uuid4())
    try:
        load.sessions += 1
        for clip in range(clips):
            await browser.get("/", "page")
            numbers = range(clip * len(SYSTEMS), (clip + 1) * len(SYSTEMS))
            await asyncio.gather(*(_hear(port, number, load) for number in numbers))
            for _ in range(len(SYSTEMS) * len(SCALES)):
                await asyncio.sleep(load.think_s * chance.uniform(0.5, 1.5))
                if asyncio.get_running_loop().time() >= load.until:
                    return
            await _send(browser, name, clip, chance, load)
    except (OSError, asyncio.IncompleteReadError, TimeoutError):
        return
    finally:
        browser.close()


async def _hear(port: int, number: int, load: Load) -> None:
    browser = Browser(port, load.timings)
    await browser.get(f"/{number}.wav", "audio", keep=False)
    browser.close()


async def _send(browser: Browser, name: str, clip: int, chance: random.Random, load: Load) -> None:
    answers = {f"{system}.{scale}": chance.randint(1, 5) for system in SYSTEMS for scale in SCALES}
    session = {
        "testId": "load",
        "config": "configs/load.yaml",
        "participant": {"name": ["who"], "response": [name]},
        "trials": [
            {
                "id": f"clip{clip}",
                "type": "mushra",
                "responses": [
                    {"stimulus": cell, "score": value, "time": 1, "comment": ""}
                    for cell, value in answers.items()
                ],
            }
        ],
    }
    body = urlencode({"sessionJSON": json.dumps(session)}).encode()
    answer = await browser.request("POST", "/service/write.php", "rating", body, FORM)
    said = json.loads(answer.body) if answer.status == 200 else {"error": True, "message": ""}
    if said["error"]:  # with status 200
        load.timings.errors.append(f"rating: {said['message'][:60]}")
        return
    for cell, value in answers.items():
        load.acknowledged[f"{name}/clip{clip}", cell] = value


def lost(root: Path, load: Load) -> int:
    """Acknowledged answers that its file does not hold as they were acknowledged."""
    try:
        tables = json.loads((root / "db" / "results.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return len(load.acknowledged)
    stored = {
        (f"{row['questionaire']['who']}/{row['id']}", response["stimulus"]): response["score"]
        for row in tables.get("load", {}).values()
        for response in row["responses"]
    }
    return sum(stored.get(cell) != value for cell, value in load.acknowledged.items())
