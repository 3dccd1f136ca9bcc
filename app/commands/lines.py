"""Lines for the terminal that must stay whole for whoever copies them: paths, links, commands."""

from __future__ import annotations

from earwitness.stimuli.console import console


def print_line(line: object) -> None:
    """Print as it is: no wrapping, no colours, no markup."""
    console.print(str(line), markup=False, highlight=False, soft_wrap=True)
