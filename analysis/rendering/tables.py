"""Every table of the report as CSV, and the main ones as LaTeX (booktabs)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from ..records.base import Record
from ..records.report import ReportData
from .wording import adjusted_by, interval, number, probability, signed

_TABLES = ("descriptives", "tests", "agreement", "listeners", "exclusions", "flags", "flow",
           "metrics", "sensitivity", "metric_differences", "metric_points",
           "participant_means", "model_tests")  # fmt: skip


def write_csv(data: ReportData, folder: Path) -> list[Path]:
    """One long CSV per kind of record in `folder`, with the columns of `report.json`."""
    folder.mkdir(parents=True, exist_ok=True)
    frames = {name: _frame(getattr(data, name)) for name in _TABLES}
    for name in ("contrasts", "effect_contrasts", "marginal_means"):
        frames[name] = pd.DataFrame(_flat(record) for record in getattr(data, name))
    frames["effect_sizes"] = pd.DataFrame(
        {"scale": c.scale, "system": c.system, "baseline": c.baseline, "at": c.at, **e.model_dump()}
        for c in data.contrasts
        for e in c.effect_sizes
    )
    frames["models"] = pd.DataFrame(
        {"model": m.id, "part": part, **entry.model_dump()}
        for m in data.models
        for part, entries in (
            ("threshold", m.thresholds),
            ("fixed", m.coefficients),
            ("random", m.random),
        )
        for entry in entries
    )
    files = []
    for name, frame in sorted(frames.items()):
        path = folder / f"{name}.csv"
        frame.to_csv(path, index=False, lineterminator="\n")
        files.append(path)
    return files


def _frame(records: Sequence[Record]) -> pd.DataFrame:
    return pd.DataFrame([record.model_dump() for record in records])


def _flat(record: Record) -> dict[str, object]:
    """A record as one row: `points_estimate` and so on; effect sizes have their own table."""
    row: dict[str, object] = {}
    for name, value in record.model_dump(exclude={"effect_sizes"}).items():
        row |= (
            {f"{name}_{k}": v for k, v in value.items()}
            if isinstance(value, dict)
            else {name: value}
        )
    return row


def write_tex(data: ReportData, path: Path) -> Path:
    """Descriptives and contrasts as booktabs tables, ready for `\\input`."""
    described = _tex_table(
        "lrrrr",
        ["System", "n", "Mean", "SD", "Median"],
        [
            [d.scale, d.system, str(d.n), number(d.mean), number(d.sd), number(d.median)]
            for d in data.descriptives
        ],
    )
    compared = _tex_table(
        "lrrrr",
        ["System", "Difference", "Interval", "$p$", "Inference"],
        [
            [c.scale, c.system, signed(c.points.estimate),
             interval(c.points.ci_adjusted_low, c.points.ci_adjusted_high),
             probability(c.p_adjusted), c.inference.replace("_", " ")]
            for c in data.contrasts
            if not c.at
        ],
    )  # fmt: skip
    heading = f"% {_one_line(data.title)}; differences from {_one_line(data.baseline)}, "
    heading += adjusted_by(data.plan.multiplicity)
    path.write_text(f"{heading}\n{described}\n{compared}", encoding="utf-8")
    return path


def _tex_table(columns: str, header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A tabular with a heading per scale (the first cell of each row)."""
    lines = [rf"\begin{{tabular}}{{{columns}}}", r"\toprule", " & ".join(header) + r" \\"]
    scale = None
    for row in rows:
        if row[0] != scale:
            scale = row[0]
            lines += [r"\midrule", rf"\multicolumn{{{len(columns)}}}{{l}}{{{_escape(scale)}}} \\"]
        lines.append(" & ".join(_escape(cell) for cell in row[1:]) + r" \\")
    return "\n".join([*lines, r"\bottomrule", r"\end{tabular}", ""])


_SPECIAL = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_",
    "{": r"\{", "}": r"\}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
    "<": "$<$", ">": "$>$", "−": "$-$", "–": "--",
}  # fmt: skip


def _escape(text: str) -> str:
    return "".join(_SPECIAL.get(character, character) for character in text)


def _one_line(text: str) -> str:
    return " ".join(text.split())
