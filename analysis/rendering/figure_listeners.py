"""The participants and the items one by one, in order."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes

from ..records.course import ItemEffect
from ..records.report import Listener, ReportData, Scale
from .figures import WIDTH, Picture
from .svg import INK, figure, tip, to_svg
from .wording import count, interval, level, number, signed

FEWEST = 3  # participants or items below which the picture shows nothing that the table does not
MOST_TOLD = 120  # marks with their numbers under the pointer
MOST_NAMED = 30  # items that have their name beside them


def correlations(data: ReportData, scale: Scale) -> Picture | None:
    """Leave-one-out correlations in order; None where too few participants have one."""
    rows = sorted(
        (row for row in data.listeners if row.scale == scale.id and row.correlation is not None),
        key=lambda row: row.correlation or 0.0,
    )
    if len(rows) < FEWEST:
        return None
    values = [row.correlation or 0.0 for row in rows]
    with figure(WIDTH, 1.9) as (canvas, axes):
        axes.axhline(0, color=INK, linewidth=0.6)
        words = [f"{row.participant}: {number(row.correlation)}" for row in rows]
        _points(axes, list(range(1, len(rows) + 1)), values, words)
        axes.set_ylim(min(-0.1, values[0] - 0.1), 1.05)
        axes.locator_params(axis="x", integer=True)
        axes.set_xlabel("participant, in this order")
        axes.set_ylabel("correlation")
        axes.grid(axis="y", color=INK, alpha=0.15, linewidth=0.6)
        alt = (
            f"Correlation of each of {count(len(values), 'participant')} with the mean of the "
            f"others on {scale.question}: {number(values[0])} to {number(values[-1])}, median "
            f"{number(values[len(values) // 2])}."
        )
        svg = to_svg(canvas, f"listeners-{scale.id}", alt)
    return Picture(svg, "Each participant’s ratings against the mean of all others’.")


def _points(axes: Axes, x: Sequence[float], y: Sequence[float], words: Sequence[str]) -> None:
    """Marks that tell their numbers; too many to be told apart are drawn at once, without."""
    if len(x) > MOST_TOLD:
        axes.plot(x, y, "o", markersize=2.5, color="#0072B2", markeredgewidth=0)
        return
    for across, up, text in zip(x, y, words, strict=True):
        [point] = axes.plot(across, up, "o", markersize=3.8, color="#0072B2", markeredgewidth=0)
        tip(point, text)


def participants(data: ReportData, scale: Scale) -> Picture | None:
    """How high or low each participant rates; None with too few."""
    rows = sorted(
        (row for row in data.listeners if row.scale == scale.id and row.bias is not None),
        key=lambda row: row.bias or 0.0,
    )
    if len(rows) < FEWEST:
        return None
    with figure(WIDTH, 1.9) as (canvas, axes):
        axes.axhline(0, color=INK, linewidth=0.6)
        known = [(k, row.ci_low, row.ci_high) for k, row in enumerate(rows, start=1)
                 if row.ci_low is not None and row.ci_high is not None]  # fmt: skip
        if known:
            axes.vlines(*zip(*known, strict=True), color=INK, linewidth=1.0, alpha=0.6)
        words = [
            f"{row.participant}: {signed(row.bias)} ({interval(row.ci_low, row.ci_high)})"
            for row in rows
        ]
        _points(axes, list(range(1, len(rows) + 1)), [row.bias or 0.0 for row in rows], words)
        axes.locator_params(axis="x", integer=True)
        axes.set_xlabel("participant, in this order")
        axes.set_ylabel("points above others")
        axes.grid(axis="y", color=INK, alpha=0.15, linewidth=0.6)
        svg = to_svg(canvas, f"biases-{scale.id}", _bias_words(scale, rows))
    return Picture(
        svg,
        f"How much higher each participant rates than the others, with its {level(data.alpha)} "
        "interval over the stimuli.",
    )


def _bias_words(scale: Scale, rows: Sequence[Listener]) -> str:
    return (
        f"How many points {count(len(rows), 'participant')} rate above the others on "
        f"{scale.question}: {signed(rows[0].bias)} to {signed(rows[-1].bias)}."
    )


def items(data: ReportData, scale: Scale) -> Picture | None:
    """How high or low each item is rated; None with too few."""
    rows = sorted(
        (row for row in data.item_effects if row.scale == scale.id),
        key=lambda row: row.deviation or 0.0,
    )
    if len(rows) < FEWEST:
        return None
    named = len(rows) <= MOST_NAMED
    with figure(WIDTH, 0.9 + (0.2 if named else 0.04) * len(rows)) as (canvas, axes):
        axes.axvline(0, color=INK, linewidth=0.6)
        known = [(k, row.ci_low, row.ci_high) for k, row in enumerate(rows)
                 if row.ci_low is not None and row.ci_high is not None]  # fmt: skip
        if known:
            axes.hlines(*zip(*known, strict=True), color=INK, linewidth=1.0, alpha=0.6)
        words = [
            f"{row.item}: {signed(row.deviation)} ({interval(row.ci_low, row.ci_high)})"
            for row in rows
        ]
        _points(axes, [row.deviation or 0.0 for row in rows], list(range(len(rows))), words)
        axes.set_yticks(range(len(rows)) if named else [], [_short(r.item) for r in rows] if named
                        else [])  # fmt: skip
        axes.tick_params(axis="y", length=0, labelsize=7.5)
        axes.set_ylim(-0.7, len(rows) - 0.3)
        axes.set_xlabel("points above the mean of the systems")
        axes.grid(axis="x", color=INK, alpha=0.15, linewidth=0.6)
        svg = to_svg(canvas, f"items-{scale.id}", _item_words(scale, rows))
    return Picture(
        svg,
        f"How much higher each item is rated, over all systems, with its {level(data.alpha)} "
        "interval over the participants.",
    )


def _short(name: str, most: int = 28) -> str:
    return name if len(name) <= most else name[: most - 1] + "…"


def _item_words(scale: Scale, rows: Sequence[ItemEffect]) -> str:
    return (
        f"How many points each of {count(len(rows), 'item')} is rated above the mean on "
        f"{scale.question}: from {rows[0].item} {signed(rows[0].deviation)} to {rows[-1].item} "
        f"{signed(rows[-1].deviation)}."
    )
