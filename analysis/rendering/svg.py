"""Matplotlib figures as inline SVG: same bytes each time, text as text in the page's colour."""

from __future__ import annotations

import hashlib
import html
import io
import re
import warnings
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, cast

import matplotlib as mpl
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure

INK = "#010203"  # becomes `currentColor`, so that light, dark and print need one figure
# Okabe & Ito's palette, safe for all kinds of colour vision; each role has its marker as well.
ROLE_COLOURS = {
    "model": "#0072B2", "baseline": "#D55E00", "reference": "#009E73", "anchor": "#CC79A7",
    "": "#0072B2",
}  # fmt: skip
ROLE_MARKERS = {"model": "o", "baseline": "s", "reference": "D", "anchor": "^", "": "o"}

_TIP = "tip:"
_STYLE = {
    "svg.fonttype": "none",
    "svg.hashsalt": "earwitness",
    "text.parse_math": False,  # a $ in a name is a $
    "font.family": "sans-serif",
    "font.size": 9.0,
    "text.color": INK,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.6,
    "figure.dpi": 72.0,
}


def _style() -> AbstractContextManager[None]:
    return mpl.rc_context(rc=cast("Any", _STYLE))


@contextmanager
def figure(width: float, height: float) -> Iterator[tuple[Figure, Axes]]:
    """A figure with one axes, in inches, in the report's style."""
    with _style():
        canvas = Figure(figsize=(width, height), layout="constrained")
        yield canvas, canvas.add_subplot()


def tip(artist: Artist, text: str) -> None:
    """Let a mark tell its numbers under the pointer."""
    artist.set_gid(_TIP + text)


def to_svg(canvas: Figure, name: str, alt: str) -> str:
    """The figure as an `<svg>` element with a text alternative; ids are unique by `name`."""
    buffer = io.StringIO()
    with _style(), warnings.catch_warnings():
        # A letter that matplotlib's font lacks is measured as a box; the reader's font has it.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        canvas.savefig(buffer, format="svg", transparent=True, metadata={"Date": None})
    text = buffer.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>\s*", "", text, flags=re.DOTALL)
    text = re.sub(rf'<g id="{_TIP}([^"]*)">', r"<g><title>\1</title>", text)
    prefix = "f" + hashlib.sha256(name.encode()).hexdigest()[:10]
    text = re.sub(r'\bid="', f'id="{prefix}-', text)
    text = text.replace("url(#", f"url(#{prefix}-").replace('href="#', f'href="#{prefix}-')
    text = re.sub(r"font: ([^;\"']*?)px [^;\"]*", r"font: \1px sans-serif", text)
    text = text.replace(INK, "currentColor")
    label = html.escape(alt, quote=True)
    return text.replace("<svg ", f'<svg role="img" aria-label="{label}" ', 1)
