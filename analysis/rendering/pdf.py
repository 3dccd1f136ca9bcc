"""The report and single figures as PDF, printed by WeasyPrint."""

from __future__ import annotations

import logging
import re
from pathlib import Path

from earwitness.stimuli.errors import DataError


def write_pdf(html: str, path: Path) -> Path:
    """Write `html` (self-contained) to `path`.

    Raises:
        DataError: WeasyPrint's system libraries (Pango) are missing.
    """
    try:
        from weasyprint import HTML
    except OSError as error:
        raise DataError(
            "PDF and LaTeX figures need the system library Pango (Debian, Ubuntu: apt install "
            "libpango-1.0-0 libpangoft2-1.0-0); or leave pdf and tex out of --format"
        ) from error
    # It warns about each property of the page that only screens have.
    logging.getLogger("weasyprint").setLevel(logging.ERROR)
    logging.getLogger("fontTools").setLevel(logging.ERROR)
    # currentColor is black in print; it is set here because not every reader inherits it.
    HTML(string=html.replace("currentColor", "#1a1a1a"), url_fetcher=_refuse).write_pdf(path)
    return path


def write_picture(svg: str, path: Path) -> Path:
    """Write one figure on a page of its size.

    Raises:
        DataError: as `write_pdf`.
    """
    width, height = re.findall(r'(?:width|height)="([\d.]+)pt"', svg)[:2]
    style = f"@page {{ size: {width}pt {height}pt; margin: 0 }} body {{ margin: 0 }} "
    style += "svg { display: block }"
    return write_pdf(f"<style>{style}</style>{svg}", path)


def _refuse(url: str) -> dict[str, object]:
    raise ValueError(f"the report is self-contained and must not load {url}")
