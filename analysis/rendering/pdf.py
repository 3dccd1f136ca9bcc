"""The report as PDF: the HTML page, printed by WeasyPrint."""

from __future__ import annotations

import logging
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
            "the PDF needs the system library Pango (Debian, Ubuntu: apt install libpango-1.0-0 "
            "libpangoft2-1.0-0); or leave pdf out of --format"
        ) from error
    # It warns about each property of the page that only screens have.
    logging.getLogger("weasyprint").setLevel(logging.ERROR)
    logging.getLogger("fontTools").setLevel(logging.ERROR)
    # currentColor is black in print; it is set here because not every reader inherits it.
    HTML(string=html.replace("currentColor", "#1a1a1a"), url_fetcher=_refuse).write_pdf(path)
    return path


def _refuse(url: str) -> dict[str, object]:
    raise ValueError(f"the report is self-contained and must not load {url}")
