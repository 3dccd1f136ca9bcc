"""The server beside the calling process: for simulated listeners, the demo and tests."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from earwitness.stimuli.errors import EarwitnessError

START_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 10.0
POLL_S = 0.05
# Linux ends the server when its caller is killed (PR_SET_PDEATHSIG = 1).
PROGRAM = """
import ctypes
import signal
import sys
from pathlib import Path
if sys.platform == "linux":
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)
from earwitness.app.serve import serve
from earwitness.stimuli.errors import EarwitnessError
try:
    serve(Path(sys.argv[1]), port=int(sys.argv[2]), workers=int(sys.argv[3]))
except EarwitnessError as error:
    sys.exit(str(error))
"""


@dataclass(frozen=True)
class BackgroundServer:
    """A running server: `url` ends without a slash; `process` leads a process group of its own."""

    url: str
    port: int
    process: subprocess.Popen[bytes]

    def kill(self) -> None:
        """End master and workers at once, as a power cut would."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


@contextmanager
def background_server(path: Path, port: int = 0, workers: int = 2) -> Iterator[BackgroundServer]:
    """Serve a study on 127.0.0.1 while the block runs.

    Args:
        path: the study's folder or file.
        port: the port; 0 takes a free one.
        workers: gunicorn processes.

    Raises:
        EarwitnessError: the server did not start; the message is its own.
    """
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(path), str(port), str(workers)],
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            url = _wait_until_ready(process, log)
            yield BackgroundServer(url, int(url.rsplit(":", 1)[1]), process)
        finally:
            _stop(process)


def _wait_until_ready(process: subprocess.Popen[bytes], log: IO[bytes]) -> str:
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise EarwitnessError(_text(log).strip() or "the server ended without a word")
        url = _printed_url(_text(log))
        if url and _is_healthy(url):
            return url
        time.sleep(POLL_S)
    raise EarwitnessError(f"the server did not answer within {START_TIMEOUT_S:.0f} s")


def _printed_url(text: str) -> str | None:
    """The participants' link that `serve` prints once it listens."""
    for line in text.splitlines():
        if line.strip().startswith("Participants"):
            return line.split()[-1].rstrip("/")
    return None


def _is_healthy(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/healthz", timeout=5) as response:
            return bool(response.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _text(log: IO[bytes]) -> str:
    return os.pread(log.fileno(), 1 << 20, 0).decode(errors="replace")


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End the whole group: politely, then for good."""
    if process.poll() is None:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(STOP_TIMEOUT_S)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
