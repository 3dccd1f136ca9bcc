"""`scripts/system-packages` against a system whose commands are stand-ins, so nothing is installed.

The stand-ins are the outside world of the script: apt, the user's id and the linker's cache.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

_TOOLS = ("sh", "grep", "sed", "head", "ls", "env")


@pytest.fixture
def system(tmp_path: Path) -> Path:
    """A folder of commands: a Debian without compiler, PDF libraries, browser and database."""
    for tool in _TOOLS:
        found = shutil.which(tool)
        assert found is not None
        (tmp_path / tool).symlink_to(found)
    (tmp_path / "python3").symlink_to(sys.executable)
    _command(tmp_path, "ldconfig", "true")
    _command(tmp_path, "apt-cache", "true")
    _command(tmp_path, "apt-get", f'echo "$@" >> "{tmp_path}/apt.log"')
    _command(tmp_path, "id", "echo 1000")
    return tmp_path


def _command(folder: Path, name: str, body: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)


def _run(root: Path, system: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(root / "scripts" / "system-packages"), *arguments],
        env={"PATH": str(system)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_user_who_may_not_install_gets_the_line_to_run(root: Path, system: Path) -> None:
    done = _run(root, system)
    assert done.returncode == 1
    assert "sudo apt-get install -y gcc libc6-dev" in done.stderr
    assert "libpangoft2-1.0-0" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_root_gets_it_installed(root: Path, system: Path) -> None:
    _command(system, "id", "echo 0")
    assert _run(root, system).returncode == 0
    update, install = (system / "apt.log").read_text().splitlines()
    assert update.startswith("update")
    assert install.startswith("install")
    assert "fonts-dejavu-core" in install


def test_ubuntu_calls_the_browser_by_another_name(root: Path, system: Path) -> None:
    _command(system, "apt-cache", "false")
    assert " chromium-browser" in _run(root, system, "tests").stderr


def test_a_system_without_apt_is_told_what_to_look_for(root: Path, system: Path) -> None:
    (system / "apt-get").unlink()
    done = _run(root, system)
    assert done.returncode == 1
    assert "equivalents of these Debian packages: gcc" in done.stderr


def test_nothing_is_said_or_done_when_all_is_there(root: Path, system: Path) -> None:
    libraries = "libpangoft2-1.0.so.0 libharfbuzz-subset.so.0 libebur128.so.1"
    _command(system, "ldconfig", f"echo {libraries}")
    _command(system, "fc-list", "echo a font")
    for name in ("cc", "chromium", "initdb"):
        _command(system, name, "true")
    done = _run(root, system, "tests")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert not (system / "apt.log").exists()
