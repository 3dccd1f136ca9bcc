"""The size budget of CONTRIBUTING.md: small modules, small functions."""

from __future__ import annotations

import ast
import statistics
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGES = ("app", "evaluation", "stimuli", "analysis")
MAX_MODULE_LINES = 400
MAX_MEDIAN_MODULE_LINES = 130
MAX_FUNCTION_LINES = 60


@pytest.fixture(scope="module")
def modules(root: Path) -> list[Path]:
    """Every module of the four packages that has code.

    Empty `__init__.py` files would flatter the median; a migration is a list of statements that is
    never touched again.
    """
    found = [path for package in PACKAGES for path in sorted((root / package).rglob("*.py"))]
    return [
        path
        for path in found
        if path.parent.name != "versions" and path.read_text(encoding="utf-8").strip()
    ]


def _lines(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def _functions(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert node.end_lineno is not None
            yield f"{path}:{node.lineno} {node.name}", node.end_lineno - node.lineno + 1


def test_no_module_is_longer_than_the_budget(modules: list[Path]) -> None:
    too_long = {str(path): _lines(path) for path in modules if _lines(path) > MAX_MODULE_LINES}
    assert too_long == {}


def test_the_median_module_is_small(modules: list[Path]) -> None:
    assert statistics.median(_lines(path) for path in modules) < MAX_MEDIAN_MODULE_LINES


def test_no_function_is_longer_than_the_budget(modules: list[Path]) -> None:
    lengths = dict(length for path in modules for length in _functions(path))
    assert {name: length for name, length in lengths.items() if length > MAX_FUNCTION_LINES} == {}


def test_static_modules_of_the_pages_are_small(root: Path) -> None:
    scripts = sorted((root / "app" / "static").rglob("*.js"))
    assert scripts
    assert [path.name for path in scripts if _lines(path) > MAX_MODULE_LINES] == []
