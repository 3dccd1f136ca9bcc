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
import math
import os
import re
import statistics
import time
import uuid
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from earwitness.stimuli.errors import DataError

Record = dict[str, Any]

SYNC_EVERY_S = 1.0  # waiting for the disk after each of many short renderings would take longer


def content_key(kind: str, *parts: object) -> str:
    """A key over everything that decides a record, `<kind>:<SHA-256>`."""
    text = json.dumps([kind, *parts], sort_keys=True, allow_nan=False)
    return f"{kind}:{hashlib.sha256(text.encode()).hexdigest()}"


class Records:
    """What a run folder has stored, to look at; what is put is kept in memory only."""

    def __init__(self, run: Path) -> None:
        """Read what is there.

        Raises:
            DataError: it cannot be read.
        """
        self._folder = run / "store"
        attempt = self._folder / "attempt"
        self.attempt = attempt.read_text() if attempt.exists() else ""
        self._records: dict[str, Record] = {}
        for part in self._parts():
            self._records.update(_read_part(part))

    def get(self, key: str) -> Record | None:
        """The record of a key, or None."""
        return self._records.get(key)

    def put(self, records: Mapping[str, Record]) -> None:
        """Keep records."""
        self._records.update(records)

    def seconds(self) -> dict[str, float]:
        """Mean time that each system took for an item, in seconds."""
        known: dict[str, list[float]] = {}
        for record in self._records.values():
            if "system" in record and not record["reason"]:
                known.setdefault(record["system"], []).append(record["seconds"])
        return {system: statistics.fmean(seconds) for system, seconds in known.items()}

    def _parts(self) -> list[Path]:
        return sorted(self._folder.glob("part-*.jsonl"))


class Store(Records):
    """The records of one run folder, open for one process at a time, or one for each shard."""

    def __init__(self, run: Path, shard: str = "") -> None:
        """Open (or make) the store and read what is there.

        Args:
            run: the run folder.
            shard: name of the shard that writes its own part; empty for the whole run, which no
                shard may be writing to at the same time.

        Raises:
            DataError: the folder is not writable, or another process writes to this run.
        """
        self._shard = shard
        self._folder = run / "store"
        self._locks: list[IO[str]] = []
        self._out: IO[str] | None = None
        self._synced_s = -math.inf
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._lock("lock", fcntl.LOCK_SH if shard else fcntl.LOCK_EX)
            if shard:
                self._lock(f"lock-{shard}", fcntl.LOCK_EX)
            self._begin_attempt()
        except BlockingIOError:
            self._unlock()
            raise DataError(f"{run}: another evaluate is writing to it; wait for it") from None
        except OSError as error:
            self._unlock()
            raise DataError(f"{run}: cannot be written ({error.strerror})") from error
        super().__init__(run)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._out is not None:
            self._sync()
            self._out.close()
        self._unlock()

    def put(self, records: Mapping[str, Record]) -> None:
        """Store records: a kill loses none of them, a power cut those of the last second.

        Raises:
            DataError: the disk is full or not writable.
        """
        if not records:
            return
        lines = [json.dumps({"key": key, **record}) for key, record in records.items()]
        try:
            out = self._open_part()
            out.write("".join(f"{line}\n" for line in lines))
            out.flush()
            if time.monotonic() - self._synced_s > SYNC_EVERY_S:
                self._sync()
        except OSError as error:
            raise DataError(f"{self._folder}: cannot be written ({error.strerror})") from error
        super().put(records)

    def finish(self) -> None:
        """Mark the attempt as complete: the next run tries again what failed."""
        self._sync()
        (self._folder / "attempt").unlink(missing_ok=True)

    def _sync(self) -> None:
        """Wait for the disk."""
        try:
            if self._out is not None:
                os.fsync(self._out.fileno())
        except OSError as error:
            raise DataError(f"{self._folder}: cannot be written ({error.strerror})") from error
        self._synced_s = time.monotonic()

    def _begin_attempt(self) -> None:
        """Go on with the attempt that was begun and not finished, or begin a new one.

        Failures count within their attempt only: a resumed run keeps them, while a run that is
        started again (after installing a package, say) tries them anew.
        """
        path = self._folder / "attempt"
        if not path.exists():
            partial = path.with_name(f".attempt.{uuid.uuid4().hex}.part")
            partial.write_text(uuid.uuid4().hex)
            with suppress(FileExistsError):  # another shard was first: its attempt is everyone's
                os.link(partial, path)
            partial.unlink()

    def _lock(self, name: str, kind: int) -> None:
        """Hold a lock file, without waiting for it."""
        file = (self._folder / name).open("w")
        self._locks.append(file)
        fcntl.flock(file, kind | fcntl.LOCK_NB)

    def _unlock(self) -> None:
        for file in self._locks:
            file.close()

    def _open_part(self) -> IO[str]:
        if self._out is None:
            last = max((_number(part) for part in self._parts()), default=0)
            mark = f"-{self._shard}" if self._shard else ""
            path = self._folder / f"part-{last + 1:06d}{mark}.jsonl"
            self._out = path.open("x", encoding="utf-8")
        return self._out


def _number(part: Path) -> int:
    match = re.match(r"part-(\d+)", part.stem)
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
