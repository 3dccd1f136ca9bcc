"""What the server needs to know besides the study file: from the environment, secrets from files.

`EARWITNESS_DATABASE_URL`, `EARWITNESS_SECRET_KEY` and `EARWITNESS_RESEARCHER_PASSWORD` may each be
given as a file's path in the same name + `_FILE`. `EARWITNESS_PROXIES` is the number of reverse
proxies in front, whose `X-Forwarded-*` headers are believed (default 0: none is).
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from earwitness.stimuli.errors import ConfigError, DataError
from earwitness.stimuli.study import StudyFolder

SECRET_KEY_BYTES = 32
MIN_PASSWORD_CHARACTERS = 12
MAX_PROXIES = 4


@dataclass(frozen=True)
class Settings:
    """A study folder with its database and secrets."""

    folder: StudyFolder
    database_url: str
    secret_key: str
    researcher_password: str | None = None
    proxies: int = 0
    booth_gain_db: float | None = None  # the fixed level of a laboratory's booth


def load_settings(folder: StudyFolder, environ: Mapping[str, str] | None = None) -> Settings:
    """The settings of a study: the environment first, then the study's folder.

    Raises:
        ConfigError: a `_FILE` that cannot be read, a value given twice, or a password too short.
        DataError: the secret key's file cannot be read or written.
    """
    environ = os.environ if environ is None else environ
    password = _value(environ, "RESEARCHER_PASSWORD")
    if password is not None and len(password) < MIN_PASSWORD_CHARACTERS:
        raise ConfigError(
            f"EARWITNESS_RESEARCHER_PASSWORD needs at least {MIN_PASSWORD_CHARACTERS} characters"
        )
    return Settings(
        folder=folder,
        database_url=_value(environ, "DATABASE_URL") or f"sqlite:///{folder.database}",
        secret_key=_value(environ, "SECRET_KEY") or _secret_key(folder.secret_key),
        researcher_password=password,
        proxies=_proxies(environ),
    )


def _proxies(environ: Mapping[str, str]) -> int:
    value = environ.get("EARWITNESS_PROXIES") or "0"
    if value not in map(str, range(MAX_PROXIES + 1)):
        raise ConfigError(
            f"EARWITNESS_PROXIES={value}: give the number of reverse proxies, 0 to {MAX_PROXIES}"
        )
    return int(value)


def has_database(folder: StudyFolder) -> bool:
    """Whether a study has been given a database already."""
    names = ("EARWITNESS_DATABASE_URL", "EARWITNESS_DATABASE_URL_FILE")
    return any(os.environ.get(name) for name in names) or folder.database.is_file()


def _value(environ: Mapping[str, str], name: str) -> str | None:
    """`EARWITNESS_<name>`, or the first line of the file that `EARWITNESS_<name>_FILE` names."""
    direct, file = environ.get(f"EARWITNESS_{name}"), environ.get(f"EARWITNESS_{name}_FILE")
    if direct and file:
        raise ConfigError(f"EARWITNESS_{name} and EARWITNESS_{name}_FILE are both set; keep one")
    if not file:
        return direct or None
    try:
        lines = Path(file).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"EARWITNESS_{name}_FILE={file}: cannot be read ({error})") from error
    if not lines or not lines[0].strip():
        raise ConfigError(f"EARWITNESS_{name}_FILE={file}: the file is empty")
    return lines[0].strip()


def _secret_key(path: Path) -> str:
    """The key that signs the researcher's cookie: made once, readable by its owner only."""
    if not path.exists():
        _make_secret_key(path)
    try:
        key = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: cannot be read ({error})") from error
    if len(key) < 2 * SECRET_KEY_BYTES:
        raise DataError(f"{path}: is damaged; delete it and start again (researchers log in anew)")
    return key


def _make_secret_key(path: Path) -> None:
    """A new key, whole or not at all: a kill or a second process cannot leave a damaged one."""
    partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        descriptor = os.open(partial, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(SECRET_KEY_BYTES))
        partial.replace(path)
    except OSError as error:
        raise DataError(f"{path}: cannot be written ({error.strerror})") from error
