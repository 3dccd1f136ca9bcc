"""Plots of a run's page as SVG text that follows the page's light or dark colours."""

from __future__ import annotations

import io
import re

import matplotlib
import pandas as pd
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .report_tables import ROLE_ORDER

# Colours that the style sheet replaces by the page's own; any that nothing else uses.
_INK, _GRID, _ACCENT, _GREY = "#010203", "#040506", "#070809", "#0a0b0c"
_MARKED = ("anchor", "reference")
_STYLE = {
    "svg.fonttype": "none",
    "svg.hashsalt": "earwitness",
    "font.family": "sans-serif",
    "font.size": 9,
    "text.parse_math": False,
}
WIDTH_IN, ROW_IN, FRAME_IN = 4.4, 0.3, 0.55


def metric_plot(scores: pd.DataFrame) -> Markup:
    """One metric: a row per system, a dot per item, a bar at the mean.

    Args:
        scores: rows of one metric of a table `SCORES`; only those with a value are drawn.
    """
    shown = scores[scores["status"] == "ok"]
    systems = _ordered(scores)
    with matplotlib.rc_context(_STYLE):  # type: ignore[arg-type]
        figure = Figure(figsize=(WIDTH_IN, FRAME_IN + ROW_IN * len(systems)), layout="constrained")
        axes = figure.add_subplot()
        for row, (system, role) in enumerate(systems):
            own = shown[shown["system"] == system]
            _draw_interval(axes, row, own, role)
            _draw(axes, row, own["value"].astype(float).tolist(), role)
        _label(axes, systems, str(scores["unit"].iloc[0] or ""))
        return _svg(figure, _alternative(scores, systems))


def _ordered(scores: pd.DataFrame) -> list[tuple[str, str]]:
    applicable = scores[scores["status"] != "not_applicable"].drop_duplicates("system")
    pairs = zip(applicable["system"], applicable["role"], strict=True)
    return sorted(((str(s), str(r)) for s, r in pairs), key=lambda e: ROLE_ORDER.index(e[1]))


def _draw_interval(axes: Axes, row: int, scores: pd.DataFrame, role: str) -> None:
    """The bounds of a set's value."""
    for low, high in zip(scores["ci_low"], scores["ci_high"], strict=True):
        if not (pd.isna(low) or pd.isna(high)):
            color = _GREY if role in _MARKED else _ACCENT
            axes.plot([low, high], [row, row], color=color, linewidth=1.2)


def _draw(axes: Axes, row: int, values: list[float], role: str) -> None:
    if not values:
        axes.text(
            0.5,
            row,
            "no value",
            transform=axes.get_yaxis_transform(),
            color=_INK,
            ha="center",
            va="center",
            style="italic",
        )
        return
    color = _GREY if role in _MARKED else _ACCENT
    axes.plot(
        values, [row] * len(values), "o", color=color, markersize=5, alpha=0.55, markeredgewidth=0
    )
    mean = sum(values) / len(values)
    axes.plot(
        [mean, mean], [row - 0.32, row + 0.32], color=color, linewidth=2.2, solid_capstyle="butt"
    )


def _label(axes: Axes, systems: list[tuple[str, str]], unit: str) -> None:
    names = [f"{s} ({r})" if r in _MARKED else s for s, r in systems]
    axes.set_yticks(range(len(systems)), names)
    axes.set_ylim(len(systems) - 0.5, -0.5)
    axes.set_xlabel(unit, color=_INK)
    axes.grid(axis="x", color=_GRID, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(colors=_INK, length=0)
    axes.locator_params(axis="x", nbins=6)
    for side in axes.spines.values():
        side.set_visible(False)


def _alternative(scores: pd.DataFrame, systems: list[tuple[str, str]]) -> str:
    shown = scores[scores["status"] == "ok"]
    means = shown.groupby("system")["value"].mean()
    told = [f"{name} {means[name]:.3g}" for name, _ in systems if name in means]
    return f"{scores['metric'].iloc[0]}, means: {', '.join(told)}"


def _svg(figure: Figure, alternative: str) -> Markup:
    """The figure as an inline element with an accessible name."""
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None})
    text = buffer.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = text.replace(_INK, "currentColor").replace(_GRID, "var(--line)")
    text = text.replace(_ACCENT, "var(--accent)").replace(_GREY, "var(--marked)")
    text = re.sub(r'(<svg[^>]*?) width="[^"]*"', r"\1", text, count=1)
    text = re.sub(r'(<svg[^>]*?) height="[^"]*"', r"\1", text, count=1)
    text = re.sub(r' id="(?:figure|axes|patch|matplotlib|[xy]tick|line2d|text)[._][^"]*"', "", text)
    label = Markup('<svg role="img" aria-label="{}"').format(alternative)
    return Markup(text.replace("<svg", label, 1))  # matplotlib escaped its texts
