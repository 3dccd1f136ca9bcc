"""The leaderboard as LaTeX (booktabs): a table for each task, to be `\\input` into a paper."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from .contenders import NOT_DISTINGUISHABLE
from .leaderboard import best

_ESCAPES = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    **{character: f"\\{character}" for character in "&%$#_{}"},
}
_ARROWS = {"higher": r" $\uparrow$", "lower": r" $\downarrow$"}


def leaderboard_latex(scores: pd.DataFrame, board: pd.DataFrame) -> str:
    """Means with their 95 % intervals, a row for each metric; the best bold.

    Args:
        scores: table `SCORES`.
        board: table `LEADERBOARD`.
    """
    winners = best(board, scores)
    cells = {
        (str(row["system"]), str(row["metric"])): _cell(row, winners)
        for row in board.to_dict("records")
    }
    tables = [_table(str(task), frame, cells) for task, frame in scores.groupby("task", sort=False)]
    return "\n".join(["% Written by earwitness; needs \\usepackage{booktabs}.", *tables])


def escape(text: str) -> str:
    """Text that LaTeX prints as it is."""
    return "".join(_ESCAPES.get(character, character) for character in text)


def _cell(row: Mapping[Any, Any], winners: set[tuple[str, str]]) -> str:
    if pd.isna(row["mean"]):
        return "--"
    text = f"{row['mean']:.3g}"
    if (row["system"], row["metric"]) in winners:
        text = rf"\textbf{{{text}}}"
    if row["against_best"] == NOT_DISTINGUISHABLE:
        text += r"$^{\circ}$"
    if not (pd.isna(row["ci_low"]) or pd.isna(row["ci_high"])):
        text += rf" {{\scriptsize [{row['ci_low']:.3g}, {row['ci_high']:.3g}]}}"
    return text


def _table(task: str, scores: pd.DataFrame, cells: Mapping[tuple[str, str], str]) -> str:
    rows = scores[scores["status"] != "not_applicable"].drop_duplicates("metric")
    systems = list(scores["system"].unique())
    lines = [
        f"% task {task}; o: not distinguishable from the best",
        rf"\begin{{tabular}}{{l{'r' * len(systems)}}}",
        r"\toprule",
        " & ".join(["metric", *map(escape, systems)]) + r" \\",
        r"\midrule",
    ]
    for metric, direction in zip(rows["metric"], rows["direction"], strict=True):
        values = [cells.get((system, metric), "--") for system in systems]
        name = escape(metric) + _ARROWS.get(direction, "")
        lines.append(" & ".join([name, *values]) + r" \\")
    return "\n".join([*lines, r"\bottomrule", r"\end{tabular}", ""])
