"""Write the report in the formats that were asked for; `report.json` is the source of all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pandas as pd

from earwitness.stimuli.errors import DataError

from ..records.report import ReportData
from .html import page
from .pdf import write_pdf
from .r_script import write_r
from .tables import write_csv, write_tex

FORMATS = ("html", "pdf", "tex", "csv", "r", "json")


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
        rendered = page(data) if {"html", "pdf"} & set(formats) else ""
        writers: dict[str, Callable[[], list[Path]]] = {
            "html": lambda: [_write(out / "report.html", rendered)],
            "pdf": lambda: [write_pdf(rendered, out / "report.pdf")],
            "tex": lambda: [write_tex(data, out / "tables.tex")],
            "csv": lambda: write_csv(data, out / "tables"),
            "r": lambda: write_r(data, ratings, out),
            "json": list,
        }
        for name in FORMATS:
            if name in formats:
                files += writers[name]()
    except OSError as error:
        raise DataError(f"{out}: the report cannot be written ({error})") from error
    return files


def _write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path
