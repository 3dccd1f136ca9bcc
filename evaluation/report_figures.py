"""The distribution of each metric over the items, system by system."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy.stats import gaussian_kde

from .report_svg import INK, MARKED, color_of, page_style, svg, tidy
from .report_tables import ROLE_ORDER

WIDTH_IN, ROW_IN, FRAME_IN = 4.4, 0.3, 0.55
MAX_DOTS = 60  # of a system; more overlap, and would make the page as long as the dataset
DENSITY_POINTS = 80


def metric_plot(scores: pd.DataFrame) -> Markup:
    """One metric: a row per system, a dot per item (the density of many), a bar at the mean.

    Args:
        scores: rows of one metric of a table `SCORES`; only those with a value are drawn.
    """
    shown = scores[scores["status"] == "ok"]
    systems = _ordered(scores)
    with page_style():
        figure = Figure(figsize=(WIDTH_IN, FRAME_IN + ROW_IN * len(systems)), layout="constrained")
        axes = figure.add_subplot()
        for row, (system, role) in enumerate(systems):
            own = shown[shown["system"] == system]
            _draw_interval(axes, row, own, role)
            _draw(axes, row, own["value"].astype(float).tolist(), role)
        _label(axes, systems, str(scores["unit"].iloc[0] or ""))
        return svg(figure, _alternative(scores, systems))


def _ordered(scores: pd.DataFrame) -> list[tuple[str, str]]:
    applicable = scores[scores["status"] != "not_applicable"].drop_duplicates("system")
    pairs = zip(applicable["system"], applicable["role"], strict=True)
    return sorted(((str(s), str(r)) for s, r in pairs), key=lambda e: ROLE_ORDER.index(e[1]))


def _draw_interval(axes: Axes, row: int, scores: pd.DataFrame, role: str) -> None:
    """The bounds of a set's value."""
    for low, high in zip(scores["ci_low"], scores["ci_high"], strict=True):
        if not (pd.isna(low) or pd.isna(high)):
            color = color_of(role)
            axes.plot([low, high], [row, row], color=color, linewidth=1.2)


def _draw(axes: Axes, row: int, values: list[float], role: str) -> None:
    if not values:
        axes.text(
            0.5,
            row,
            "no value",
            transform=axes.get_yaxis_transform(),
            color=INK,
            ha="center",
            va="center",
            style="italic",
        )
        return
    color = color_of(role)
    if len(values) > MAX_DOTS:
        _draw_density(axes, row, np.asarray(values), color)
    else:
        rows = [row] * len(values)
        axes.plot(values, rows, "o", color=color, markersize=5, alpha=0.55, markeredgewidth=0)
    mean = sum(values) / len(values)
    axes.plot(
        [mean, mean], [row - 0.32, row + 0.32], color=color, linewidth=2.2, solid_capstyle="butt"
    )


def _draw_density(axes: Axes, row: int, values: npt.NDArray[np.float64], color: str) -> None:
    """A kernel density on both sides of the row, quartiles and range; nothing of a constant."""
    low, q1, q3, high = np.percentile(values, (0, 25, 75, 100))
    if high - low < 1e-9 * max(1.0, abs(low)):
        return
    places = np.linspace(low, high, DENSITY_POINTS)
    density = gaussian_kde(values)(places)
    half = 0.36 * density / density.max()
    axes.fill_between(places, row - half, row + half, color=color, alpha=0.3, linewidth=0)
    axes.plot([low, high], [row, row], color=color, linewidth=0.8)
    axes.plot([q1, q3], [row, row], color=color, linewidth=4, alpha=0.6, solid_capstyle="butt")


def _label(axes: Axes, systems: list[tuple[str, str]], unit: str) -> None:
    names = [f"{s} ({r})" if r in MARKED else s for s, r in systems]
    axes.set_yticks(range(len(systems)), names)
    axes.set_ylim(len(systems) - 0.5, -0.5)
    axes.set_xlabel(unit)
    axes.locator_params(axis="x", nbins=6)
    tidy(axes, "x")


def _alternative(scores: pd.DataFrame, systems: list[tuple[str, str]]) -> str:
    shown = scores[scores["status"] == "ok"]
    means = shown.groupby("system")["value"].mean()
    told = [f"{name} {means[name]:.3g}" for name, _ in systems if name in means]
    return f"{scores['metric'].iloc[0]}, means: {', '.join(told)}"
