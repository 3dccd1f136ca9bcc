"""A small HTTP/1.1 client on asyncio: 200 browsers in one process that takes little of the CPU."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field

TIMEOUT_S = 60.0
CHUNK_BYTES = 256 * 1024


@dataclass(frozen=True)
class Answer:
    """Status, where it leads to, and the body (empty where it was thrown away)."""

    status: int
    location: str
    body: bytes


@dataclass
class Timings:
    """Seconds of each request by its kind, bytes received, and what went wrong."""

    seconds: dict[str, list[float]] = field(default_factory=dict)
    bytes: int = 0
    errors: list[str] = field(default_factory=list)
    retries: int = 0


class Browser:
    """One listener's connection; it is opened anew when the server closed it while idle."""

    def __init__(self, port: int, timings: Timings) -> None:
        self._port = port
        self._timings = timings
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def get(self, path: str, kind: str, *, keep: bool = True) -> Answer:
        return await self.request("GET", path, kind, keep=keep)

    async def request(
        self,
        method: str,
        path: str,
        kind: str,
        body: bytes = b"",
        content_type: str = "application/json",
        *,
        keep: bool = True,
    ) -> Answer:
        """One answered request, timed; a connection that was closed while idle is no error."""
        head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{self._port}\r\n"
        if method != "GET":
            head += f"Content-Type: {content_type}\r\nContent-Length: {len(body)}\r\n"
            head += "Sec-Fetch-Site: same-origin\r\n"
        message = head.encode() + b"\r\n" + body
        started = time.perf_counter()
        for attempt in (1, 2):
            is_fresh = self._streams is None
            try:
                answer = await asyncio.wait_for(self._exchange(message, keep), TIMEOUT_S)
                break
            except (OSError, asyncio.IncompleteReadError, TimeoutError) as error:
                self.close()
                if is_fresh or attempt == 2:
                    self._timings.errors.append(f"{kind}: {type(error).__name__}")
                    raise
                self._timings.retries += 1
        self._timings.seconds.setdefault(kind, []).append(time.perf_counter() - started)
        if answer.status >= 400:
            self._timings.errors.append(f"{kind}: {answer.status}")
        return answer

    async def _exchange(self, message: bytes, keep: bool) -> Answer:
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._port)
        reader, writer = self._streams
        writer.write(message)
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        status, *lines = head.split("\r\n")
        fields = {
            name.lower(): value.strip()
            for name, _, value in (line.partition(":") for line in lines if line)
        }
        body = await self._body(reader, int(fields.get("content-length", "0")), keep)
        if fields.get("connection", "").lower() == "close" or "HTTP/1.0" in status:
            self.close()
        return Answer(int(status.split()[1]), fields.get("location", ""), body)

    async def _body(self, reader: asyncio.StreamReader, length: int, keep: bool) -> bytes:
        self._timings.bytes += length
        if keep:
            return await reader.readexactly(length)
        while length:
            part = await reader.read(min(length, CHUNK_BYTES))
            if not part:
                raise asyncio.IncompleteReadError(b"", length)
            length -= len(part)
        return b""

    def close(self) -> None:
        """Close the connection."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None
