"""Run the listening test: prepare what is missing, then gunicorn on a socket that is ours."""

from __future__ import annotations

import errno
import socket
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from flask import Flask
from gunicorn.app.base import BaseApplication

from earwitness.stimuli.errors import ConfigError, EarwitnessError
from earwitness.stimuli.prepare import is_stale, prepare
from earwitness.stimuli.study import StudyFolder

from . import create_app
from .context import EXTENSION, Context
from .db import Database, open_database
from .security import new_setup_token, set_password
from .settings import Settings, load_settings
from .upkeep.recruits import purge
from .versions import record_version, refuse_a_changed_study, stimuli_in_use

THREADS = 96  # most of them wait for a slow phone, or for a connection opened in advance
# Who writes gives up Python's lock at each statement and waits this long for it among busy
# threads, while all other writers wait too. Measured under load, the p95 of an answer is a quarter
# lower than with the default of 5 ms.
SWITCH_INTERVAL_S = 0.0005
GRACEFUL_TIMEOUT_S = 30
BACKLOG = 512
RELEASE_TRIES, RELEASE_WAIT_S = 10, 0.2  # workers of a killed server hold the port for a moment

Say = Callable[[str], None]


@dataclass(frozen=True)
class Links:
    """Where the server is; `setup` only as long as no researcher's password is set."""

    study: str
    researcher: str
    setup: str | None


def serve(
    path: Path,
    host: str = "127.0.0.1",
    port: int = 8000,
    workers: int = 2,
    *,
    booth_gain_db: float | None = None,
    say: Say = print,
) -> None:
    """Serve a study until the process is ended.

    Args:
        path: the study's folder or file.
        host: the address to listen on; `0.0.0.0` for everyone on the network.
        port: the port; 0 takes a free one.
        workers: gunicorn processes, `THREADS` threads each.
        booth_gain_db: for a laboratory's booth: everybody's level, set once and for all; the end of
            a session leads to the next participant.
        say: told what a person at the terminal needs to know.

    Raises:
        ConfigError: the study file or a setting is wrong.
        EarwitnessError: it cannot be prepared or has changed, or the port is in use.
    """
    with listen(host, port) as listener:
        settings, setup_token = get_ready(StudyFolder(path), say)
        settings = replace(settings, booth_gain_db=booth_gain_db)
        _rehearse(settings)
        for line in _greeting(settings, links(listener, host, setup_token)):
            say(line)
        sys.stdout.flush()
        descriptor = listener.detach()  # gunicorn closes it
    _Server(settings, descriptor, workers).run()


def listen(host: str, port: int) -> socket.socket:
    """A listening socket.

    Raises:
        ConfigError: no such address here, or not a port.
        EarwitnessError: the port is in use or may not be used.
    """
    for tries_left in range(RELEASE_TRIES, -1, -1):
        try:
            family = socket.AF_INET6 if ":" in host else socket.AF_INET
            return socket.create_server((host, port), family=family, backlog=BACKLOG)
        except (OSError, OverflowError) as error:
            if getattr(error, "errno", None) == errno.EADDRINUSE and tries_left:
                time.sleep(RELEASE_WAIT_S)
                continue
            raise _listening_error(host, port, error) from error
    raise AssertionError("the last try returns or raises")


def _listening_error(host: str, port: int, error: Exception) -> EarwitnessError:
    number = getattr(error, "errno", None)
    if number == errno.EADDRINUSE:
        return EarwitnessError(f"port {port} is in use on {host}; choose another one with --port")
    if number == errno.EACCES:
        return EarwitnessError(f"port {port} may not be used by this user; choose one over 1023")
    return ConfigError(f"cannot listen on {host} port {port} ({error})")


def get_ready(folder: StudyFolder, say: Say) -> tuple[Settings, str | None]:
    """Make database and stimuli ready for serving.

    Returns:
        The settings, and the token of the set-up link as long as no password is set.

    Raises:
        EarwitnessError: the study cannot be prepared, or was changed after real sessions had begun.
    """
    settings = load_settings(folder)
    database = open_database(settings.database_url, create=True)
    try:
        with database.read() as transaction:
            refuse_a_changed_study(transaction, folder)
        _prepare(database, folder, say)
        with database.write() as transaction:
            record_version(transaction, folder)
            purge(transaction)
            if settings.researcher_password is not None:
                set_password(transaction, settings.researcher_password)
        return settings, new_setup_token(database)
    finally:
        database.close()


def _prepare(database: Database, folder: StudyFolder, say: Say) -> None:
    """Prepare stimuli that are missing or stale, but never other ones under real sessions."""
    reason = is_stale(folder)
    if reason is None:
        return
    with database.read() as transaction:
        must_keep = stimuli_in_use(transaction, folder)
    say(f"Preparing the stimuli ({reason})")
    for finding in prepare(folder, must_keep=must_keep).findings:
        say(f"{finding.severity}: {finding}")


def _rehearse(settings: Settings) -> None:
    """Make the application once before workers do.

    What is wrong shows here and not in workers that restart for ever; and all modules are loaded
    before the fork, so that a worker that was killed is replaced at once.
    """
    context: Context = create_app(settings).extensions[EXTENSION]
    context.database.close()


def links(listener: socket.socket, host: str, setup_token: str | None) -> Links:
    """The addresses to open."""
    name = "127.0.0.1" if host in ("0.0.0.0", "::", "") else host
    shown = f"[{name}]" if ":" in name else name
    root = f"http://{shown}:{listener.getsockname()[1]}"
    setup = f"{root}/researcher/setup/{setup_token}" if setup_token else None
    return Links(f"{root}/", f"{root}/researcher", setup)


def _greeting(settings: Settings, where: Links) -> list[str]:
    lines = [
        f"{settings.folder.study.study.title}",
        f"  Participants  {where.study}",
        f"  Researcher    {where.researcher}",
    ]
    if where.setup:
        lines.append(f"  Set the researcher's password (once)  {where.setup}")
    if settings.folder.study.ethics is None:
        lines.append("  Pilot: without [ethics] in study.toml no session counts as a real one")
    return [*lines, "  Ctrl-C stops the server; nothing is lost"]


class _Server(BaseApplication):  # type: ignore[misc]
    """gunicorn on a socket that is open already; it logs errors only, and no addresses."""

    def __init__(self, settings: Settings, descriptor: int, workers: int) -> None:
        self._settings = settings
        self._options = {
            "bind": f"fd://{descriptor}",
            "workers": workers,
            "threads": THREADS,
            "worker_class": "gthread",
            "graceful_timeout": GRACEFUL_TIMEOUT_S,
            "control_socket_disable": True,
            "accesslog": None,
            "loglevel": "error",  # its warnings about malformed requests name the IP address
            "proc_name": "earwitness",
        }
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        sys.setswitchinterval(SWITCH_INTERVAL_S)
        return create_app(self._settings)
