"""The documentation names everything that there is, and its examples run."""

from __future__ import annotations

import doctest
import importlib
import pkgutil
import re
import runpy
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
