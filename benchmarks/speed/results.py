"""The speed section of benchmarks/RESULTS.md."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .comparisons import Comparison, Measured
from .limits import Share
from .overlap import Overlap

NAMES = {
    "loop": "loop, one process",
    "pool": "loop, a process a core",
    "torchmetrics": "torchmetrics",
    "versa": "VERSA",
    "fadtk": "fadtk's steps",
}


def comparison_table(found: Sequence[tuple[Comparison, Measured]]) -> str:
    """One row per comparison and peer."""
    rows = [
        "| metrics | peer | ours, ms a clip (CPU) | peer, ms a clip (CPU) | ratio (CPU) | target |",
        "|---|---|---|---|---|---|",
    ]
    for comparison, measured in found:
        for peer, target in comparison.peers.items():
            rows.append(_row(comparison.title, peer, measured, target))
    return "\n".join(rows)


def _row(title: str, peer: str, measured: Measured, target: float | None) -> str:
    bold = f"**{measured.ratio(peer):.1f}** ({measured.ratio(peer, cpu=True):.1f})"
    times = [_both(measured, name) for name in ("ours", peer)]
    goal = "" if target is None else f"≥ {target:g}"
    return f"| {title} | {NAMES[peer]} | {times[0]} | {times[1]} | {bold} | {goal} |"


def _both(measured: Measured, name: str) -> str:
    return f"{measured.milliseconds(name):.1f} ({measured.milliseconds(name, cpu=True):.1f})"


def agreement_table(found: Sequence[tuple[Comparison, Measured]]) -> str:
    """How far the values of the peers are from ours at most."""
    rows = ["| metric | peer | largest difference |", "|---|---|---|"]
    seen: dict[tuple[str, str], float] = {}
    for _, measured in found:
        for key, value in measured.difference.items():
            seen[key] = max(seen.get(key, 0.0), value)
    named = {(NAMES[peer].split(",")[0], metric): value for (peer, metric), value in seen.items()}
    rows += [f"| `{metric}` | {peer} | {value:.2g} |" for (peer, metric), value in named.items()]
    return "\n".join(rows)


def limit_table(shares: Sequence[Share]) -> str:
    """One row per kernel."""
    rows = [
        "| kernel | ours, ms a clip | transforms alone, ms | at | one pass, ms | ours is at |",
        "|---|---|---|---|---|---|",
    ]
    rows += [
        f"| {one.title} | {one.ours_ms:.1f} | {one.transforms_ms:.1f} | {one.gflops:.1f} GFLOP/s "
        f"| {one.memory_ms:.2f} | {one.of_limit:.0%} of the limit |"
        for one in shares
    ]
    return "\n".join(rows)


def overlap_text(overlap: Overlap) -> str:
    """What the pool does."""
    return (
        f"`pesq` in a plain loop takes {overlap.direct_ms:.0f} CPU ms a clip. Our pool takes "
        f"{overlap.pool_ms:.0f} ms of wall time a clip ({overlap.pool_cpu_ms:.0f} ms of CPU): "
        f"{overlap.speed_of_c:.0%} of the speed of the C code on every core. The other speech "
        f"metrics alone take {overlap.rest_ms:.1f} ms, both together {overlap.both_ms:.0f} ms: "
        f"{overlap.hidden:.0%} of the shorter part is hidden."
    )


def versions(facts: dict[str, dict[str, Any]]) -> str:
    """What each contender said about itself."""
    return "\n".join(
        f"- {NAMES.get(name, name)}: " + ", ".join(f"{key} {value}" for key, value in known.items())
        for name, known in facts.items()
    )
