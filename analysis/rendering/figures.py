"""The report's figures, each from the records of `report.json` alone: (SVG, text alternative)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib import colors
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from ..records.report import Descriptive, ReportData, Scale
from .svg import INK, ROLE_COLOURS, ROLE_MARKERS, figure, tip, to_svg
from .wording import count, interval, level, number, p_equals, signed

WIDTH = 4.4  # inches: readable on a phone, two beside each other on a desk
MOST_POINTS = 400  # raw points drawn per system
# From orange (low) over grey to blue (high); distinct in grey and for all colour vision.
_LOW, _MIDDLE, _HIGH = ("#b35806", "#f1a340"), "#d0d0d0", ("#7fb2dd", "#20659e")


@dataclass(frozen=True)
class Picture:
    """A figure in the report: inline SVG, its text alternative and caption."""

    svg: str
    caption: str

    @property
    def is_wide(self) -> bool:
        """Wider than the others: not one of two beside each other."""
        return float(self.svg.partition('width="')[2].partition("pt")[0]) > 72 * WIDTH + 1


def likert(data: ReportData, scale: Scale) -> Picture | None:
    """Diverging stacked bars: the middle category is centred on zero. None if not categories."""
    rows = [row for row in data.counts if row.scale == scale.id and sum(row.counts) > 0]
    if not rows:
        return None
    share = np.array([np.array(row.counts) / sum(row.counts) for row in rows]) * 100
    colours = likert_colours(len(scale.categories))
    half = len(scale.categories) // 2
    odd = len(scale.categories) % 2 == 1
    left = -share[:, :half].sum(axis=1) - (share[:, half] / 2 if odd else 0)
    with figure(WIDTH, 0.42 * len(rows) + 1.15) as (canvas, axes):
        places = np.arange(len(rows))[::-1]
        start = left.copy()
        for k, colour in enumerate(colours):
            axes.barh(places, share[:, k], left=start, color=colour, height=0.7)
            _inside_labels(axes, places, start, share[:, k], colour)
            start += share[:, k]
        axes.axvline(0, color=INK, linewidth=0.6, zorder=0)
        axes.set_yticks(places, [row.system for row in rows])
        axes.tick_params(axis="y", length=0)
        ticks = np.arange(-100, 101, 50)
        axes.set_xticks(ticks, [f"{abs(tick)}" for tick in ticks])
        axes.set_xlim(min(-50.0, left.min() - 2), max(50.0, start.max() + 2))
        axes.set_xlabel("% of ratings, middle category centred" if odd else "% of ratings")
        canvas.legend(
            [Patch(color=colour) for colour in colours], _legend(scale), loc="outside lower center",
            ncols=min(3, len(colours)), frameon=False, fontsize=7.5, handlelength=1.0,
            columnspacing=1.0,
        )  # fmt: skip
        high = [
            f"{row.system} {s[half + (1 if odd else 0) :].sum():.0f} %"
            for row, s in zip(rows, share, strict=True)
        ]
        alt = (
            f"Diverging stacked bars for {scale.question} Ratings above the middle: "
            f"{', '.join(high)}."
        )
        svg = to_svg(canvas, f"likert-{scale.id}", alt)
    return Picture(svg, "Share of each answer.")


def likert_colours(count: int) -> list[str]:
    """`count` colours from low to high, the middle one grey for an odd count."""
    half = count // 2
    low = colors.LinearSegmentedColormap.from_list("low", _LOW)
    high = colors.LinearSegmentedColormap.from_list("high", _HIGH)
    steps = [k / max(half - 1, 1) for k in range(half)]
    middle = [_MIDDLE] if count % 2 else []
    return [
        *(colors.to_hex(low(s)) for s in steps),
        *middle,
        *(colors.to_hex(high(s)) for s in steps),
    ]


def _inside_labels(
    axes: Axes, places: np.ndarray, start: np.ndarray, width: np.ndarray, colour: str
) -> None:
    dark = sum(int(colour[i : i + 2], 16) * w for i, w in ((1, 0.3), (3, 0.59), (5, 0.11))) < 128
    for place, left, share in zip(places, start, width, strict=True):
        if share >= 9:
            axes.text(left + share / 2, place, f"{share:.0f}", ha="center", va="center",
                      fontsize=7.5, color="#ffffff" if dark else "#000000")  # fmt: skip


def _legend(scale: Scale) -> list[str]:
    return [
        label if label == f"{value:g}" else f"{value:g} {label}"
        for value, label in zip(scale.categories, scale.labels, strict=True)
    ]


def means(data: ReportData, scale: Scale) -> Picture:
    """Each participant's mean as a point, the system's mean with its interval over them."""
    rows = [row for row in data.descriptives if row.scale == scale.id]
    with figure(WIDTH, 0.46 * len(rows) + 0.75) as (canvas, axes):
        places = list(range(len(rows)))[::-1]
        for place, row in zip(places, rows, strict=True):
            _raw_points(axes, data, scale, row, place)
            _mean_with_interval(axes, row, place)
        axes.set_yticks(places, [row.system for row in rows])
        axes.tick_params(axis="y", length=0)
        margin = 0.04 * (scale.high - scale.low)
        axes.set_xlim(scale.low - margin, scale.high + margin)
        if scale.categories and len(scale.categories) <= 11:
            axes.set_xticks(scale.categories)
        axes.set_xlabel("mean rating")
        axes.grid(axis="x", color=INK, alpha=0.15, linewidth=0.6)
        alt = f"Means for {scale.question} " + "; ".join(
            f"{row.system} {number(row.mean)} ({interval(row.ci_low, row.ci_high)})" for row in rows
        )
        svg = to_svg(canvas, f"means-{scale.id}", alt)
    return Picture(
        svg,
        f"Points: participants' means. Bars: mean with {level(data.alpha)} interval over "
        "participants and items. To compare systems, read the differences, not these bars.",
    )


def _raw_points(axes: Axes, data: ReportData, scale: Scale, row: Descriptive, place: int) -> None:
    values = np.sort(
        [p.mean for p in data.participant_means if (p.scale, p.system) == (scale.id, row.system)]
    )
    if len(values) > MOST_POINTS:
        values = values[np.linspace(0, len(values) - 1, MOST_POINTS).astype(int)]
    # Spread without chance: neighbours in value get far-apart heights (golden ratio sequence).
    heights = (np.arange(len(values)) * 0.618034 % 1 - 0.5) * 0.5
    axes.scatter(values, place + heights, s=10, color=ROLE_COLOURS.get(row.role, "#0072B2"),
                 alpha=0.55, linewidths=0)  # fmt: skip


def _mean_with_interval(axes: Axes, row: Descriptive, place: int) -> None:
    colour = ROLE_COLOURS.get(row.role, "#0072B2")
    _bar(axes, row.ci_low, row.ci_high, place, 1.6)
    [point] = axes.plot(
        [row.mean or 0.0], [place], marker=ROLE_MARKERS.get(row.role, "o"), color=colour,
        markeredgecolor=INK, markersize=6.5, linestyle="none",
    )  # fmt: skip
    tip(point, f"{row.system}: mean {number(row.mean)} ({interval(row.ci_low, row.ci_high)}), "
               f"median {number(row.median)}, {count(row.n, 'rating')}")  # fmt: skip


def _bar(axes: Axes, low: float | None, high: float | None, place: int, width: float) -> None:
    """An interval as a horizontal line; nothing where there is none."""
    if low is not None and high is not None:
        axes.plot([low, high], [place, place], color=INK, linewidth=width)


def forest(data: ReportData, scale: Scale) -> Picture | None:
    """Differences from the baseline in points with their intervals; None without a comparison."""
    rows = [
        c for c in data.contrasts
        if c.scale == scale.id and not c.at and c.points.estimate is not None
    ]  # fmt: skip
    if not rows:
        return None
    with figure(WIDTH, 0.46 * len(rows) + 0.75) as (canvas, axes):
        places = list(range(len(rows)))[::-1]
        if data.smallest_effect_of_interest:
            axes.axvspan(-data.smallest_effect_of_interest, data.smallest_effect_of_interest,
                         color=INK, alpha=0.1, linewidth=0)  # fmt: skip
        axes.axvline(0, color=INK, linewidth=0.8, linestyle=(0, (4, 3)))
        roles = {system.name: system.role for system in data.systems}
        for place, row in zip(places, rows, strict=True):
            role = roles.get(row.system, "")
            _bar(axes, row.points.ci_adjusted_low, row.points.ci_adjusted_high, place, 1.2)
            _bar(axes, row.points.ci_low, row.points.ci_high, place, 3.0)
            [point] = axes.plot(
                [row.points.estimate or 0.0], [place], marker=ROLE_MARKERS.get(role, "o"),
                color=ROLE_COLOURS.get(role, "#0072B2"), markeredgecolor=INK, markersize=6,
                linestyle="none",
            )  # fmt: skip
            low, high = row.points.ci_adjusted_low, row.points.ci_adjusted_high
            tip(point, f"{row.system}: {signed(row.points.estimate)} points "
                       f"({interval(low, high)}), {p_equals(row.p_adjusted)}")  # fmt: skip
        axes.set_yticks(places, [row.system for row in rows])
        axes.tick_params(axis="y", length=0)
        axes.set_ylim(-0.6, len(rows) - 0.4)
        axes.grid(axis="x", color=INK, alpha=0.15, linewidth=0.6)
        axes.set_xlim(*_forest_limits(data, scale))
        axes.set_xlabel(f"points above {data.baseline}")
        alt = f"Differences from {data.baseline} for {scale.question} " + "; ".join(
            f"{row.system} {signed(row.points.estimate)} "
            f"({interval(row.points.ci_adjusted_low, row.points.ci_adjusted_high)})"
            for row in rows
        )
        svg = to_svg(canvas, f"forest-{scale.id}", alt)
    band = " Shaded: smaller than the smallest effect of interest." if (
        data.smallest_effect_of_interest
    ) else ""  # fmt: skip
    return Picture(
        svg,
        f"Difference from the baseline; thick: {level(data.alpha)} interval, thin: "
        f"adjusted over the systems.{band}",
    )


def _forest_limits(data: ReportData, scale: Scale) -> tuple[float, float]:
    """One range for all scales with the same ends, so that their differences compare by eye."""
    alike = {s.id for s in data.scales if (s.low, s.high) == (scale.low, scale.high)}
    shown = [row.points for row in data.contrasts if row.scale in alike and not row.at]
    ends = [0.0]
    for points in shown:
        wide = (points.ci_adjusted_low, points.ci_adjusted_high, points.estimate)
        ends += [end for end in wide if end is not None]
    margin = 0.06 * ((max(ends) - min(ends)) or 1.0)
    return min(ends) - margin, max(ends) + margin


def role_key(roles: Sequence[str], name: str) -> str:
    """A small key of the roles' colours and markers, as SVG; empty when no role is known.

    `name` tells it from the other keys of the page.
    """
    named = [role for role in ROLE_COLOURS if role in roles]
    if not any(named):
        return ""
    words = [role or "other system" for role in named]
    with figure(0.2 + 0.95 * len(named) + (0.3 if "" in named else 0.0), 0.3) as (canvas, axes):
        axes.set_axis_off()
        handles = [
            Line2D([], [], linestyle="none", marker=ROLE_MARKERS[role], color=ROLE_COLOURS[role])
            for role in named
        ]
        canvas.legend(handles, words, loc="center", ncols=len(words), frameon=False, fontsize=8,
                      handletextpad=0.2, columnspacing=1.2)  # fmt: skip
        return to_svg(canvas, f"role-key-{name}", f"Key of the roles: {', '.join(words)}.")
