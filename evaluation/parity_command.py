"""What a person or a program sees of `earwitness metrics --parity`."""

from __future__ import annotations

import dataclasses

from rich.table import Table

from earwitness.stimuli.console import console

from .engine import choose_device
from .metrics import all_metrics
from .parity import TOLERANCE, Parity, parity
from .progress import emit

UNTESTED = "untested on CUDA: torch sees no GPU on this machine; all metrics ran on the CPU only"


def tell_parity(as_json: bool) -> bool:
    """Compare where there is a GPU, say so where there is none; False if a metric differs."""
    device = choose_device()
    found = parity([*all_metrics().values()], device) if device != "cpu" else []
    if as_json:
        for one in found:
            emit("parity", **dataclasses.asdict(one), device=device, is_kept=one.is_kept)
        if not found:
            emit("warning", text=UNTESTED)
    elif found:
        console.print(parity_table(found, device))
    else:
        console.print(UNTESTED, highlight=False, soft_wrap=True)
    return all(one.is_kept for one in found)


def parity_table(found: list[Parity], device: str) -> Table:
    """The largest difference of each metric, those beyond the tolerance marked."""
    table = Table(title=f"{device} against CPU, tolerance {TOLERANCE:g}", title_justify="left")
    for heading in ("metric", "pairs", "largest difference", ""):
        table.add_column(heading, no_wrap=heading == "metric")
    for one in found:
        verdict = "ok" if one.is_kept else f"[red]{one.reason or 'differs'}[/red]"
        untested = "[yellow]no value to compare[/yellow]"
        told = (f"{one.difference:.1e}", verdict) if one.values or one.reason else ("", untested)
        table.add_row(one.metric, str(one.values), *told)
    return table
