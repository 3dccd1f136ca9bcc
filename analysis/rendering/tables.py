"""Every table of the report as CSV and Parquet."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from ..records.base import Record
from ..records.report import ReportData

_TABLES = (
    "descriptives", "contrasts", "pairs", "tests", "model_tests", "effect_contrasts",
    "marginal_means", "sensitivity", "agreement", "listeners", "participant_means",
    "stimulus_means", "item_effects", "positions", "trends", "times", "listening", "exclusions",
    "flags", "flow", "metrics", "metric_differences", "metric_points", "whole_set",
    "disagreement",
    "anovas", "attributes", "subjects", "corrected_means", "preferences", "abilities",
    "discrimination", "word_errors", "confusions",
)  # fmt: skip


def write_csv(data: ReportData, folder: Path) -> list[Path]:
    """One long CSV per kind of record in `folder`, with the columns of `report.json`."""
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for name, frame in sorted(_frames(data).items()):
        files.append(folder / f"{name}.csv")
        frame.to_csv(files[-1], index=False, lineterminator="\n")
    return files


def write_parquet(data: ReportData, folder: Path) -> list[Path]:
    """The same tables as Parquet; those without a row are left out, having no types."""
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for name, frame in sorted(_frames(data).items()):
        if not frame.empty:
            files.append(folder / f"{name}.parquet")
            frame.to_parquet(files[-1], index=False)
    return files


def _frames(data: ReportData) -> dict[str, pd.DataFrame]:
    frames = {name: pd.DataFrame(map(_flat, getattr(data, name))) for name in _TABLES}
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
    return frames


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
