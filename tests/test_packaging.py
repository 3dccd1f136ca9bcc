"""The wheel holds everything: what an editable install forgives, a wheel does not."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import venv
import zipfile
from pathlib import Path
from typing import Any

import pytest

# One worker: what the fixtures make takes long.
pytestmark = pytest.mark.xdist_group("wheel")

PACKAGES = ("app", "evaluation", "stimuli", "analysis")
_PIP = (sys.executable, "-m", "pip")
_OFFLINE = ("--quiet", "--no-deps", "--no-index")


@pytest.fixture(scope="module")
def pyproject(root: Path) -> dict[str, Any]:
    return tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))


def test_every_package_folder_is_named_in_pyproject(root: Path, pyproject: dict[str, Any]) -> None:
    """A sub-package that is missing there is silently absent from the wheel."""
    folders = {
        "earwitness." + ".".join(path.parent.relative_to(root).parts)
        for package in PACKAGES
        for path in (root / package).rglob("__init__.py")
    }
    assert folders == set(pyproject["tool"]["setuptools"]["packages"])


def test_constraints_pin_every_requirement(root: Path, pyproject: dict[str, Any]) -> None:
    lines = (root / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = dict(line.split("==") for line in lines if not line.startswith("#"))
    extras = pyproject["project"]["optional-dependencies"]
    needed = [
        requirement
        for group in (pyproject["project"]["dependencies"], extras["evaluate"], extras["dev"])
        for requirement in group
    ]
    names = {requirement.split(">")[0].split("[")[0].lower() for requirement in needed}
    assert names - set(pins) == set()


@pytest.fixture(scope="module")
def wheel(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from a copy: a build in the clone would leave and reuse its leftovers."""
    source = tmp_path_factory.mktemp("source")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(root / name, source)
    for package in PACKAGES:
        shutil.copytree(
            root / package, source / package, ignore=shutil.ignore_patterns("__pycache__")
        )
    target = tmp_path_factory.mktemp("dist")
    _run(
        [
            *_PIP,
            "wheel",
            *_OFFLINE,
            "--no-build-isolation",
            "--wheel-dir",
            str(target),
            str(source),
        ],
        source,
    )
    return next(target.glob("earwitness-*.whl"))


def test_the_wheel_holds_every_module_and_page_file(root: Path, wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        packed = {name for name in archive.namelist() if name.startswith("earwitness/")}
    on_disk = {
        f"earwitness/{path.relative_to(root)}"
        for package in PACKAGES
        for path in (root / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert on_disk == packed


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The commands' folder of an environment that has the wheel and not the clone.

    Its dependencies are borrowed from the test environment: a path in a `.pth` file does not run
    that folder's own `.pth` files, so the editable install stays unseen.
    """
    home = tmp_path_factory.mktemp("environment")
    venv.create(home, with_pip=False, symlinks=True)
    _run(
        [*_PIP, "--python", str(home / "bin" / "python"), "install", *_OFFLINE, str(wheel)],
        home,
    )
    packages = next((home / "lib").glob("python*/site-packages"))
    (packages / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return home / "bin"


@pytest.fixture(scope="module")
def elsewhere(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with nothing of the clone but `models/` and `data/`."""
    folder = tmp_path_factory.mktemp("elsewhere")
    for name in ("models", "data"):
        shutil.copytree(root / name, folder / name)
    return folder


def _run(command: list[str], folder: Path, *, expected: int = 0) -> str:
    """Run in `folder` without this process's path settings; return all that it printed."""
    # The Makefile's PIP_CONSTRAINT is relative to the clone; nothing is resolved here.
    foreign = ("PYTHON", "PIP_CONSTRAINT")
    clean = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    done = subprocess.run(
        command, cwd=folder, env=clean, capture_output=True, text=True, check=False
    )
    output = done.stdout + done.stderr
    assert done.returncode == expected, output
    return output


def test_the_wheel_is_what_runs_in_the_empty_environment(installed: Path, elsewhere: Path) -> None:
    code = "import earwitness.app, earwitness.evaluation as e; print(earwitness.app.__file__)"
    where = _run([str(installed / "python"), "-c", code], elsewhere)
    assert Path(where.strip()).is_relative_to(installed.parent)


def test_the_installed_command_knows_its_version_and_its_commands(
    installed: Path, elsewhere: Path, pyproject: dict[str, Any]
) -> None:
    earwitness = str(installed / "earwitness")
    assert pyproject["project"]["version"] in _run([earwitness, "--version"], elsewhere)
    assert "evaluate" in _run([earwitness, "--help"], elsewhere)
    assert "earwitness" in _run([earwitness, "doctor"], elsewhere)


def test_the_installed_evaluate_runs_the_bundled_models_without_being_told_to_trust_them(
    installed: Path, elsewhere: Path
) -> None:
    command = [str(installed / "evaluate"), "models", "--dataset", "data/speech-demo"]
    output = _run(command, elsewhere)
    assert " 0 failed" in output
    scores = (elsewhere / "runs" / "models" / "scores.csv").read_text(encoding="utf-8")
    assert "griffin-lim" in scores


def test_outside_a_clone_the_demo_says_in_one_line_how_to_get_one(
    installed: Path, tmp_path: Path
) -> None:
    output = _run([str(installed / "earwitness"), "demo", "--no-serve"], tmp_path, expected=1)
    assert len(output.strip().splitlines()) == 1
    assert "git clone" in output
