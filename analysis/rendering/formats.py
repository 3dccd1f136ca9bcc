"""Write the report in the formats that were asked for; `report.json` is the source of all."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pandas as pd

from earwitness.stimuli.errors import DataError

from ..records.report import ReportData
from .html import page
from .latex import write_latex
from .pdf import write_pdf
from .r_script import write_r
from .tables import write_csv, write_parquet
from .views import make_views

FORMATS = ("html", "pdf", "tex", "csv", "parquet", "r", "json")


def write_formats(
    data: ReportData, ratings: pd.DataFrame, out: Path, formats: Sequence[str]
) -> list[Path]:
    """Write into `out` and return the files, `report.json` first.

    Args:
        data: the report.
        ratings: that were analysed, for R.
        out: folder, made if missing.
        formats: of `FORMATS`.

    Raises:
        DataError: the folder cannot be written.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
        files = [_write(out / "report.json", data.model_dump_json(indent=1) + "\n")]
        views = make_views(data) if {"html", "pdf", "tex"} & set(formats) else None
        rendered = page(views) if views else ""
        writers: dict[str, Callable[[], list[Path]]] = {
            "html": lambda: [_write(out / "report.html", rendered)],
            "pdf": lambda: [write_pdf(rendered, out / "report.pdf")],
            "tex": lambda: write_latex(views, out / "latex") if views else [],
            "csv": lambda: write_csv(data, out / "tables"),
            "parquet": lambda: write_parquet(data, out / "tables"),
            "r": lambda: write_r(data, ratings, out),
            "json": lambda: [_write(out / "report.schema.json", schema_text())],
        }
        for name in FORMATS:
            if name in formats:
                files += writers[name]()
    except OSError as error:
        raise DataError(f"{out}: the report cannot be written ({error})") from error
    return files


def schema_text() -> str:
    """The JSON Schema (draft 2020-12) of `report.json`."""
    schema = ReportData.model_json_schema(mode="serialization")
    named = {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
    return json.dumps(named, indent=1) + "\n"


def _write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path
