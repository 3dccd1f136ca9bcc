"""One name for each module: `earwitness.…`, and no torch where only a server runs."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

PACKAGES = ("app", "evaluation", "stimuli", "analysis")
SOURCES = (*PACKAGES, "tests", "models", "scripts")


def _imported_top_names(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names.add(str(node.module).split(".")[0])
    return names


def test_no_file_imports_a_package_by_its_bare_folder_name(root: Path) -> None:
    """A bare twin would be a second copy of the module, with its own classes and tables."""
    bare = {
        str(path.relative_to(root)): sorted(_imported_top_names(path) & set(PACKAGES))
        for folder in SOURCES
        for path in (root / folder).rglob("*.py")
    }
    assert {path: names for path, names in bare.items() if names} == {}


def _modules_after(code: str) -> set[str]:
    """The names in `sys.modules` after `code` ran in a fresh interpreter."""
    output = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys; print(*sorted(sys.modules))"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return set(output.split())


def test_the_server_and_the_report_leave_torch_alone() -> None:
    loaded = _modules_after(
        "import earwitness.app, earwitness.app.cli, earwitness.analysis\n"
        "from earwitness.app.cli import main\n"
        "for name in ('prepare', 'serve', 'simulate', 'export', 'report', 'doctor'):\n"
        "    assert main.get_command(None, name)"
    )
    assert "torch" not in loaded


def test_help_needs_neither_torch_nor_pandas() -> None:
    """`earwitness --help` answers at once."""
    loaded = _modules_after(
        "from earwitness.app.cli import main\nmain(['--help'], standalone_mode=False)"
    )
    assert not {"torch", "matplotlib", "statsmodels"} & loaded
