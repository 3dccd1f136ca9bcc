"""What a run has computed so far: records under content keys, in append-only files.

Every call of `evaluate` appends to a part of its own, `RUN/store/part-<n>.jsonl`, one JSON record a
line. A record is stored when its line is complete, so that a kill at any moment loses at most what
was being written. A key names everything that decides its record; it is never edited, and the last
record of a key counts.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import uuid
from collections.abc import Iterable, Mapping
from io import TextIOWrapper
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from earwitness.stimuli.errors import DataError

Record = dict[str, Any]


def content_key(kind: str, *parts: object) -> str:
    """A key over everything that decides a record, `<kind>:<SHA-256>`."""
    text = json.dumps([kind, *parts], sort_keys=True, allow_nan=False)
    return f"{kind}:{hashlib.sha256(text.encode()).hexdigest()}"


class Store:
    """The records of one run folder, open for one process at a time."""

    def __init__(self, run: Path) -> None:
        """Open (or make) the store and read what is there.

        Raises:
            DataError: the folder is not writable, or another process writes to this run.
        """
        self._folder = run / "store"
        self._out: TextIOWrapper | None = None
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._lock = (self._folder / "lock").open("w")
            self.attempt = self._read_attempt()
        except OSError as error:
            raise DataError(f"{run}: cannot be written ({error.strerror})") from error
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._lock.close()
            raise DataError(f"{run}: another evaluate is writing to it; wait for it") from None
        self._records: dict[str, Record] = {}
        for part in self._parts():
            self._records.update(_read_part(part))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._out is not None:
            self._out.close()
        self._lock.close()

    def get(self, key: str) -> Record | None:
        """The record of a key, or None."""
        return self._records.get(key)

    def put(self, records: Mapping[str, Record]) -> None:
        """Store records; they are on disk when this returns.

        Raises:
            DataError: the disk is full or not writable.
        """
        lines = [json.dumps({"key": key, **record}) for key, record in records.items()]
        try:
            out = self._open_part()
            out.write("".join(f"{line}\n" for line in lines))
            out.flush()
            os.fsync(out.fileno())
        except OSError as error:
            raise DataError(f"{self._folder}: cannot be written ({error.strerror})") from error
        self._records.update(records)

    def finish(self) -> None:
        """Mark the attempt as complete: the next run tries again what failed."""
        (self._folder / "attempt").unlink(missing_ok=True)

    def _read_attempt(self) -> str:
        """The id of the attempt that was begun and not finished, or a new one.

        Failures count within their attempt only: a resumed run keeps them, while a run that is
        started again (after installing a package, say) tries them anew.
        """
        path = self._folder / "attempt"
        if not path.exists():
            partial = path.with_name(f".attempt.{os.getpid()}.part")
            partial.write_text(uuid.uuid4().hex)
            partial.replace(path)
        return path.read_text()

    def _parts(self) -> list[Path]:
        return sorted(self._folder.glob("part-*.jsonl"))

    def _open_part(self) -> TextIOWrapper:
        if self._out is None:
            last = max((_number(part) for part in self._parts()), default=0)
            path = self._folder / f"part-{last + 1:06d}.jsonl"
            self._out = path.open("x", encoding="utf-8")
        return self._out


def _number(part: Path) -> int:
    match = re.fullmatch(r"part-(\d+)", part.stem)
    return int(match[1]) if match else 0


def _read_part(part: Path) -> Iterable[tuple[str, Record]]:
    """The complete records of a part; a line that a kill cut short is none."""
    try:
        lines = part.read_text(encoding="utf-8", errors="replace").splitlines(keepends=True)
    except OSError as error:
        raise DataError(f"{part}: cannot be read ({error.strerror})") from error
    for line in lines:
        try:
            record = json.loads(line)
            key = record.pop("key")
        except (ValueError, KeyError, AttributeError):
            continue
        yield key, record
