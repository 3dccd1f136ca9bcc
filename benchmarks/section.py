"""A section of benchmarks/RESULTS.md that one command owns."""

from __future__ import annotations

from pathlib import Path


def write_section(path: Path, name: str, text: str) -> None:
    """Replace the section between the marks of `python -m benchmarks.<name>`, or append it."""
    begin = f"<!-- {name}: begin (python -m benchmarks.{name} writes this section) -->"
    end = f"<!-- {name}: end -->"
    before, after = (path.read_text() if path.exists() else "# Benchmark results\n\n"), ""
    if begin in before:
        before, rest = before.split(begin)
        after = rest.split(end)[1]
    path.write_text(f"{before.rstrip()}\n\n{begin}\n{text.strip()}\n{end}{after.rstrip()}\n")
