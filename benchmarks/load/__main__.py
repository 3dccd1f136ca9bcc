"""Serve a study to many listeners at once, pymushra in the same run, and write the figures down.

python -m benchmarks.load                          # 200 listeners, 5 minutes each server
python -m benchmarks.load --listeners 50 --minutes 1 --no-peer
"""

from __future__ import annotations

import argparse
import asyncio
import importlib.metadata
import os
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from earwitness.app.background import background_server

from . import ours, peer
from .ours import Load
from .study import CLIP_S, SCALES, SYSTEMS, write_study
from .wire import Timings

HERE = Path(__file__).resolve().parent
RESULTS = HERE.parent / "RESULTS.md"
BEGIN = "<!-- load: begin (python -m benchmarks.load writes this section) -->"
END = "<!-- load: end -->"
WARM_UP = 0.1  # of the time, over which listeners arrive
KINDS = {
    "page": "a page",
    "rating": "storing answers",
    "events": "storing events",
    "form": "leaving a page",
    "audio": "a clip (1.8 MB)",
}


@dataclass(frozen=True)
class Result:
    """What one server did."""

    name: str
    load: Load
    lost: int
    seconds: float
    cpu_s: float


async def crowd(
    load: Load, listeners: int, minutes: float, one: Callable[[int], Awaitable[None]]
) -> None:
    """All listeners, arriving over the first tenth of the time."""
    load.until = asyncio.get_running_loop().time() + 60 * minutes

    async def arrive(number: int) -> None:
        await asyncio.sleep(60 * minutes * WARM_UP * number / listeners)
        await one(number)

    await asyncio.gather(*(arrive(number) for number in range(listeners)))


def run_ours(options: argparse.Namespace, root: Path) -> Result:
    """Earwitness as `serve` runs it."""
    folder = write_study(root, options.clips)
    links = ours.invitations(folder, options.listeners)
    load = Load(0.0, options.think, Timings())
    with background_server(folder.root, workers=options.workers) as server:
        before, started = cpu_of(server.process.pid), time.perf_counter()
        asyncio.run(
            crowd(
                load,
                options.listeners,
                options.minutes,
                lambda number: ours.listen(server.port, links[number], load, number),
            )
        )
        seconds, cpu = time.perf_counter() - started, cpu_of(server.process.pid) - before
        server.kill()  # as a power cut: what was acknowledged is there or it is not
    version = importlib.metadata.version("earwitness")
    return Result(f"Earwitness {version}", load, ours.lost(folder, load), seconds, cpu)


def run_peer(options: argparse.Namespace, root: Path, study: Path) -> Result:
    """pymushra as its `server` command runs it."""
    from earwitness.stimuli.study import StudyFolder

    command = peer.environment(options.venv)
    load = Load(0.0, options.think, Timings())
    with peer.served(command, root, StudyFolder(study)) as (port, process):
        before, started = cpu_of(process), time.perf_counter()
        asyncio.run(
            crowd(
                load,
                options.listeners,
                options.minutes,
                lambda number: peer.listen(port, options.clips, load, number),
            )
        )
        seconds, cpu = time.perf_counter() - started, cpu_of(process) - before
    return Result(f"pymushra {peer.VERSION}", load, peer.lost(root, load), seconds, cpu)


def cpu_of(leader: int) -> float:
    """CPU seconds of a process group, its ended children included."""
    ticks = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[2]) == leader:
            ticks += sum(map(int, fields[11:13]))
    return ticks / os.sysconf("SC_CLK_TCK")


def percentile(values: list[float], share: float) -> float:
    """The value that `share` of all are at or below."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def table(results: list[Result]) -> str:
    """Both servers side by side."""
    rows = [
        f"| | {' | '.join(result.name for result in results)} |",
        "|---|" + "---|" * len(results),
    ]

    def row(title: str, figure: Callable[[Result], str]) -> None:
        rows.append(f"| {title} | {' | '.join(figure(result) for result in results)} |")

    row("listeners who took part", lambda r: str(r.load.sessions))
    row("answers acknowledged", lambda r: f"{len(r.load.acknowledged):,}")
    row("of these lost", lambda r: f"**{r.lost}**")
    row("errors", lambda r: f"**{len(r.load.timings.errors)}**")
    for kind, title in KINDS.items():
        row(f"{title}: median / p95 / p99, ms", lambda r, kind=kind: milliseconds(r, kind))
    row("audio and all else, MB/s", lambda r: f"{r.load.timings.bytes / 1e6 / r.seconds:.1f}")
    row("CPU of the server, cores", lambda r: f"{r.cpu_s / r.seconds:.2f}")
    return "\n".join(rows)


def milliseconds(result: Result, kind: str) -> str:
    """Median and upper percentiles of one kind of request."""
    values = result.load.timings.seconds.get(kind)
    if not values:
        return "–"
    shown = [f"{1000 * percentile(values, share):.0f}" for share in (0.5, 0.95, 0.99)]
    return f"{shown[0]} / **{shown[1]}** / {shown[2]} (n = {len(values):,})"


def section(options: argparse.Namespace, results: list[Result], load: tuple[float, ...]) -> str:
    """The section of RESULTS.md."""
    command = f"--listeners {options.listeners} --minutes {options.minutes:g}"
    answers = len(SYSTEMS) * len(SCALES)
    return f"""{BEGIN}
## Load

`python -m benchmarks.load {command}`, {os.cpu_count()} CPU cores, which the
listeners' program and whatever else ran then shared (load average before: {load[0]:.1f}). Each
listener opens the study, loads {len(SYSTEMS)} clips of {CLIP_S:g} s a page (44.1 kHz, stereo)
and gives {answers} answers a page, one every {options.think:g} s. Earwitness stores each answer
and the playback events when they happen, on SQLite with `synchronous=FULL`; pymushra gets one
request a page. Earwitness is killed at the end, then its database is compared with what it
acknowledged; pymushra's file is read as JSON, and all of it counts as lost where it is none any
more. Each server runs as its own command starts it. The aim, on a machine with nothing else to do:
p95 of a page under 300 ms, of storing answers under 500 ms, nothing lost, no error.

{table(results)}

{errors(results)}
{END}
"""


def errors(results: list[Result]) -> str:
    """What went wrong, by kind."""
    found = [
        f"{result.name}: {', '.join(f'{count} × {what}' for what, count in counts.most_common(5))}"
        for result in results
        if (counts := Counter(result.load.timings.errors))
    ]
    return f"Errors: {'; '.join(found)}." if found else "No request failed."


def write_section(file: Path, text: str) -> None:
    """Replace this section of the file, or append it."""
    old = file.read_text(encoding="utf-8") if file.exists() else "# Benchmarks\n"
    if BEGIN in old:
        head, rest = old.split(BEGIN, 1)
        new = head + text + rest.split(END, 1)[1].lstrip("\n")
    else:
        new = old.rstrip() + "\n\n" + text
    file.write_text(new, encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.load", description=__doc__)
    parser.add_argument("--listeners", type=int, default=200)
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--think", type=float, default=3.0, help="seconds between two answers")
    parser.add_argument("--clips", type=int, default=9)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--no-peer", action="store_true", help="Earwitness only")
    parser.add_argument("--venv", type=Path, default=HERE.parents[1] / ".venv-pymushra")
    parser.add_argument("--out", type=Path, default=RESULTS)
    options = parser.parse_args()
    load = os.getloadavg()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "ours").mkdir()
        (root / "peer").mkdir()
        results = [run_ours(options, root / "ours")]
        if not options.no_peer:
            results.append(run_peer(options, root / "peer", root / "ours"))
    text = section(options, results, load)
    print(text)
    write_section(options.out, text)


if __name__ == "__main__":
    main()
