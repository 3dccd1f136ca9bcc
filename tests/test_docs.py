"""The documentation names everything that there is, and its examples run."""

from __future__ import annotations

import doctest
import importlib
import math
import pkgutil
import re
import runpy
import subprocess
import sys
from pathlib import Path

import click
import pytest

from earwitness.app.cli import COMMANDS, main

PACKAGES = ("app", "evaluation", "stimuli", "analysis")


def _modules() -> list[str]:
    names = []
    for package in PACKAGES:
        folder = importlib.import_module(f"earwitness.{package}").__path__
        names += [module.name for module in pkgutil.walk_packages(folder, f"earwitness.{package}.")]
    # Alembic runs migrations with a context that nothing else has.
    return [name for name in names if ".migrations." not in name]


@pytest.mark.parametrize("name", _modules())
def test_examples_in_docstrings_are_true(name: str) -> None:
    assert doctest.testmod(importlib.import_module(name)).failed == 0


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_in_the_readme_and_explains_itself(name: str, root: Path) -> None:
    assert f"`earwitness {name}" in (root / "README.md").read_text(encoding="utf-8")
    command = main.get_command(None, name)  # type: ignore[arg-type]
    assert command is not None
    assert command.help
    options = [option for option in command.params if isinstance(option, click.Option)]
    assert [option.name for option in options if not option.help] == []


def test_every_metric_is_documented(root: Path) -> None:
    metrics = importlib.import_module("earwitness.evaluation.metrics").all_metrics()
    text = (root / "docs" / "metrics.md").read_text(encoding="utf-8")
    assert metrics
    assert [name for name in metrics if f"`{name}`" not in text] == []


def test_the_metric_of_the_contributing_guide_works(root: Path, tmp_path: Path) -> None:
    text = (root / "CONTRIBUTING.md").read_text(encoding="utf-8")
    [example] = re.findall(r"```python\n(.*?)```", text, re.S)
    [(file, name)] = re.findall(r"--metric (\S+\.py):(\S+)", text)
    (tmp_path / file).write_text(example, encoding="utf-8")
    # In a process of its own: what is registered stays registered.
    code = f"""
import numpy as np
from earwitness.evaluation.user_metric import load_metric
metric = load_metric({f"{tmp_path / file}:{name}"!r})
sine = np.sin(880 * np.pi * np.arange(16_000) / 16_000)
print(metric(estimate=sine, reference=sine, rate=16_000))
print(metric(estimate=np.sign(sine), reference=sine, rate=16_000))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    same, square = map(float, done.stdout.split())
    assert same == 0.0
    # A sine's peak is √2 times its root mean square, a square wave's is the same.
    assert square == pytest.approx(20 * math.log10(math.sqrt(2)), abs=0.02)


def test_the_tables_page_is_current(root: Path) -> None:
    made = runpy.run_path(str(root / "scripts" / "tables.py"))["text"]()
    assert (root / "docs" / "tables.md").read_text(encoding="utf-8") == made


def _links(page: Path) -> list[Path]:
    """The files of this repository that a Markdown page links to."""
    targets = re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text(encoding="utf-8"))
    return [page.parent / target for target in targets if "://" not in target]


def test_no_link_of_the_documentation_is_broken(root: Path) -> None:
    pages = [*root.glob("*.md"), *(root / "docs").rglob("*.md")]
    broken = [
        f"{page.name}: {link}" for page in pages for link in _links(page) if not link.exists()
    ]
    assert broken == []


def test_every_path_that_the_make_file_and_the_image_copy_is_there(root: Path) -> None:
    text = (root / "Dockerfile").read_text(encoding="utf-8")
    copied = [
        name
        for line in re.findall(r"^COPY (?!--from)(.+)$", text, re.M)
        for name in line.split()[:-1]
    ]
    assert copied
    assert [name for name in copied if not (root / name).exists()] == []
