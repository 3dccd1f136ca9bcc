"""A matplotlib figure as SVG text that follows the page's light or dark colours."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

import matplotlib
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure

# Colours that the style sheet replaces by the page's own; any that nothing else uses.
INK, GRID, ACCENT, GREY = "#010203", "#040506", "#070809", "#0a0b0c"
MARKED = ("anchor", "reference")
_STYLE = {
    "svg.fonttype": "none",
    "svg.hashsalt": "earwitness",
    "font.family": "sans-serif",
    "font.size": 9,
    "text.parse_math": False,
}


@contextmanager
def page_style() -> Iterator[None]:
    """Fonts and identifiers of figures for the page."""
    with matplotlib.rc_context(_STYLE):  # type: ignore[arg-type]
        yield


def color_of(role: str) -> str:
    """Grey for what is marked as outside the comparison."""
    return GREY if role in MARKED else ACCENT


def tidy(axes: Axes, grid: Literal["x", "y", "both"]) -> None:
    """No frame, a quiet grid, the page's ink."""
    axes.grid(axis=grid, color=GRID, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(colors=INK, length=0)
    axes.xaxis.label.set_color(INK)
    axes.yaxis.label.set_color(INK)
    for side in axes.spines.values():
        side.set_visible(False)


def svg(figure: Figure, alternative: str) -> Markup:
    """The figure as an inline element with an accessible name."""
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None})
    text = buffer.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = text.replace(INK, "currentColor").replace(GRID, "var(--line)")
    text = text.replace(ACCENT, "var(--accent)").replace(GREY, "var(--marked)")
    text = re.sub(r'(<svg[^>]*?) width="[^"]*"', r"\1", text, count=1)
    text = re.sub(r'(<svg[^>]*?) height="[^"]*"', r"\1", text, count=1)
    text = re.sub(r' id="(?:figure|axes|patch|matplotlib|[xy]tick|line2d|text)[._][^"]*"', "", text)
    label = Markup('<svg role="img" aria-label="{}"').format(alternative)
    return Markup(text.replace("<svg", label, 1))  # matplotlib escaped its texts
