"""The peers' own environment, and what a reader must know of the machine."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import venv
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).parents[2]
REQUIREMENTS = Path(__file__).with_name("peers.txt")
BUILD = ROOT / "build/speed"  # ignored by git


def peers_python() -> Path:
    """The interpreter of the peers' environment, made at the first call (a minute or so)."""
    folder, wanted = BUILD / "peers", REQUIREMENTS.read_text()
    python, stamp = folder / "bin/python", folder / "requirements.txt"
    if not stamp.exists() or stamp.read_text() != wanted:
        print(f"installing the peers into {folder.relative_to(ROOT)} …", file=sys.stderr)
        venv.create(folder, clear=True, with_pip=True)
        constraints = ROOT / "constraints.txt"
        pip = [python, "-m", "pip", "install", "--quiet", "-r", REQUIREMENTS, "-c", constraints]
        subprocess.run(pip, check=True)
        stamp.write_text(wanted)
    return python


def machine() -> str:
    """Processor, cores, memory and system, in one line."""
    memory_gib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{_processor()}, {os.cpu_count()} cores, {memory_gib:.0f} GiB, "
        f"{platform.system()}, Python {platform.python_version()}"
    )


def load() -> str:
    """Time and load average: how quiet the machine was."""
    averages = " ".join(f"{value:.1f}" for value in os.getloadavg())
    return f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, load {averages}"


def busy_note() -> str:
    """A warning where other work had the cores."""
    if os.getloadavg()[1] <= 2 * (os.cpu_count() or 1):
        return ""
    return (
        "\n**The machine was busy with other work: read the CPU times and their ratios; wall times "
        "and what\nPESQ hides mean little here.**"
    )


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    names = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
