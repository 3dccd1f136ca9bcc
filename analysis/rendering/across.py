"""The comparison of two reports as JSON, CSV, a page and its print."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes

from ..records.across import ComparisonData, EffectChange
from .figures import WIDTH, Picture
from .html import environment
from .pdf import write_pdf
from .svg import INK, figure, tip, to_svg
from .wording import interval, signed

FORMATS = ("html", "pdf", "csv")
TABLES = ("effects", "means", "orders", "agreement", "metrics")
FIRST, SECOND = "#0072B2", "#D55E00"


def write_comparison(data: ComparisonData, out: Path, formats: Sequence[str]) -> list[Path]:
    """Write `comparison.json`, and of html, pdf and csv what is asked for."""
    out.mkdir(parents=True, exist_ok=True)
    files = [out / "comparison.json"]
    files[0].write_text(data.model_dump_json(indent=1) + "\n", encoding="utf-8")
    if {"html", "pdf"} & set(formats):
        pictures = {scale: _effects_picture(data, scale) for scale in _scales(data)}
        page = environment().get_template("across.html.j2").render(data=data, pictures=pictures)
        if "html" in formats:
            files.append(out / "comparison.html")
            files[-1].write_text(page, encoding="utf-8")
        if "pdf" in formats:
            files.append(write_pdf(page, out / "comparison.pdf"))
    if "csv" in formats:
        for name in TABLES:
            files.append(out / f"comparison-{name}.csv")
            rows = [row.model_dump() for row in getattr(data, name)]
            pd.DataFrame(rows).to_csv(files[-1], index=False, lineterminator="\n")
    return files


def _scales(data: ComparisonData) -> list[str]:
    return [row.scale for row in data.orders]


def _effects_picture(data: ComparisonData, scale: str) -> Picture | None:
    """Differences from the baseline in both, system by system."""
    rows = [row for row in data.effects if row.scale == scale]
    if not rows:
        return None
    with figure(WIDTH, 0.5 * len(rows) + 1.0) as (canvas, axes):
        axes.axvline(0, color=INK, linewidth=0.8, linestyle=(0, (4, 3)))
        for k, row in enumerate(reversed(rows)):
            _mark(axes, row.first, row.first_low, row.first_high, k + 0.14, "o", FIRST,
                  f"{row.system}, first")  # fmt: skip
            _mark(axes, row.second, row.second_low, row.second_high, k - 0.14, "s", SECOND,
                  f"{row.system}, second")  # fmt: skip
        handles = [axes.plot([], [], marker, color=colour, linestyle="none")[0]
                   for marker, colour in (("o", FIRST), ("s", SECOND))]  # fmt: skip
        canvas.legend(handles, ["first", "second"], loc="outside lower center", ncols=2,
                      frameon=False, fontsize=8)  # fmt: skip
        axes.set_yticks(range(len(rows)), [row.system for row in reversed(rows)])
        axes.tick_params(axis="y", length=0)
        axes.set_ylim(-0.6, len(rows) - 0.4)
        axes.set_xlabel(f"points above {data.first.baseline}")
        axes.grid(axis="x", color=INK, alpha=0.15, linewidth=0.6)
        svg = to_svg(canvas, f"across-{scale}", _words(scale, rows))
    return Picture(
        svg, "Differences from the baseline in both, with their intervals, not adjusted."
    )


def _mark(
    axes: Axes, value: float | None, low: float | None, high: float | None, place: float,
    marker: str, colour: str, name: str,
) -> None:  # fmt: skip
    if value is None:
        return
    if low is not None and high is not None:
        axes.plot([low, high], [place, place], color=colour, linewidth=1.6)
    [point] = axes.plot([value], [place], marker, color=colour, markersize=6, markeredgecolor=INK)
    tip(point, f"{name}: {signed(value)} ({interval(low, high)})")


def _words(scale: str, rows: list[EffectChange]) -> str:
    return f"Differences from the baseline on {scale}, first and second: " + "; ".join(
        f"{row.system} {signed(row.first)} and {signed(row.second)}" for row in rows
    )
