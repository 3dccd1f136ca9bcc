"""A real PostgreSQL server for tests: its own data folder, a Unix socket, gone afterwards."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg


def binaries() -> Path:
    """Where `initdb` and `pg_ctl` are."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if found:
        return found[-1].parent
    config = shutil.which("pg_config")
    assert config, "PostgreSQL is not installed: run scripts/system-packages"
    shown = subprocess.run([config, "--bindir"], capture_output=True, text=True, check=True)
    return Path(shown.stdout.strip())


@contextmanager
def postgres_server() -> Iterator[Path]:
    """Run a server; yields the folder of its socket. PostgreSQL refuses to run as root."""
    is_root = os.geteuid() == 0
    as_user = ["runuser", "-u", "postgres", "--"] if is_root else []
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    data, log = folder / "data", folder / "log"
    if is_root:
        os.chown(folder, *pwd.getpwnam("postgres")[2:4])

    def call(program: str, *arguments: str) -> None:
        command = [*as_user, str(binaries() / program), *arguments]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{program}: {done.stdout}{done.stderr}"

    options = f"-c listen_addresses='' -c unix_socket_directories='{folder}'"
    try:
        call("initdb", "-D", str(data), "-A", "trust", "-U", "postgres", "--no-sync", "-E", "UTF8")
        call("pg_ctl", "-D", str(data), "-l", str(log), "-o", options, "-w", "start")
        try:
            yield folder
        finally:
            call("pg_ctl", "-D", str(data), "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def new_database(socket_folder: Path) -> str:
    """The URL of a new, empty database."""
    name = f"study_{uuid.uuid4().hex}"
    with psycopg.connect(host=str(socket_folder), user="postgres", autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    return f"postgresql://postgres@/{name}?host={socket_folder}"
