"""What a run found, as sentences that a person reads first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import pandas as pd

from earwitness.stimuli.schema import SET_ITEM

from .report_tables import RANKED, Board, Cell

_ROLE_WORDS = {
    "model": ("model", "models"),
    "baseline": ("baseline", "baselines"),
    "anchor": ("anchor", "anchors"),
    "reference": ("reference", "references"),
}
MAX_NAMED = 4  # metrics in a sentence; more are counted
VERDICTS = {
    "reference": "reference",
    "anchor": "anchor",
    "failed": "no value",
    "baseline": "the baseline",
    "no_baseline": "no baseline to compare with",
    "undecidable_at_this_n": "too few groups for a claim",
    "not_distinguishable": "not distinguishable from the baseline",
    "better": "better than the baseline",
    "worse": "worse than the baseline",
    "higher": "higher than the baseline",
    "lower": "lower than the baseline",
    "no_test_of_sets": "one value of a whole set, without a test",
}


def findings(scores: pd.DataFrame, board: Board, manifest: dict[str, Any]) -> list[str]:
    """Two or three sentences about a task: what was compared, who leads, how sure that is."""
    found = [_lead(board), _certainty(board, manifest)]
    failed = int((scores["status"] == "failed").sum())
    if failed:
        found.append(f"{_counted(failed, 'score')} failed.")
    return [*(sentence for sentence in found if sentence), _extent(scores, board)]


def outside_validation(metrics: Sequence[str], task: str, manifest: dict[str, Any]) -> list[str]:
    """What a task's metrics were validated for, where that is something else than its systems do.

    Args:
        metrics: ids of those that the task has values of.
        task: `mix`, `speech` or `style`.
        manifest: of the run.
    """
    named: dict[str, list[str]] = {}
    for entry in manifest["metrics"]:
        claim = entry.get("validated_for", "")
        if claim and entry["id"] in metrics and task not in entry["validated_tasks"]:
            named.setdefault(claim, []).append(entry["id"])
    return [f"{', '.join(ids)}: {claim}" for claim, ids in named.items()]


def _extent(scores: pd.DataFrame, board: Board) -> str:
    counts = Counter(line.role for line in board.lines)
    items = scores[scores["item"] != SET_ITEM]["item"]
    systems = ", ".join(
        f"{counts[role]} {words[counts[role] > 1]}"
        for role, words in _ROLE_WORDS.items()
        if counts[role]
    )
    return (
        f"Compared: {_counted(len(board.lines), 'system')} ({systems}) on "
        f"{_counted(items.nunique(), 'item')} by {_counted(len(board.metrics), 'metric')}."
    )


def _lead(board: Board) -> str:
    candidates = [line.system for line in board.lines if line.role in RANKED]
    if len(candidates) == 1:
        return f"{candidates[0]} is the only model or baseline, so nothing is ranked."
    leads = _leads(board)
    return f"Best of the models and baselines: {'; '.join(leads)}." if leads else ""


def _leads(board: Board) -> list[str]:
    """For each leading system the metrics that it leads."""
    led = {
        line.system: [m for m, cell in zip(board.metrics, line.cells, strict=True) if cell.is_best]
        for line in board.lines
    }
    total = sum(bool(direction) for direction in board.directions.values())
    return [f"{system} by {_named(own, total)}" for system, own in led.items() if own]


def _named(metrics: list[str], total: int) -> str:
    return ", ".join(metrics) if len(metrics) <= MAX_NAMED else f"{len(metrics)} of {total} metrics"


def _certainty(board: Board, manifest: dict[str, Any]) -> str:
    cells = [cell for line in board.lines for cell in line.cells]
    verdicts = Counter(cell.verdict for cell in cells)
    if verdicts["undecidable_at_this_n"] or not _any_interval(cells):
        least = manifest.get("uncertainty", {}).get("min_groups", 8)
        return (
            f"These are points without intervals: fewer than {least} independent songs or "
            "speakers allow no claim about others like them."
        )
    told = [
        f"{verdicts[verdict]} {words}"
        for verdict, words in VERDICTS.items()
        if verdicts[verdict] and verdict not in ("reference", "anchor", "baseline")
    ]
    return f"Of the comparisons with the baseline: {', '.join(told)}." if told else ""


def _any_interval(cells: list[Cell]) -> bool:
    return any(cell.interval for cell in cells)


def _counted(count: int, word: str) -> str:
    return f"{count} {word}{'' if count == 1 else 's'}"
