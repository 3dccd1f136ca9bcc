"""The contour plot of power over participants and items."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from matplotlib import colors
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..rendering.svg import INK, figure, to_svg
from .records import PowerPlan, ScalePower

WIDTH, HEIGHT = 5.6, 4.2  # inches
_LEVELS = np.linspace(0.0, 1.0, 21)
_LINES = (0.5, 0.8, 0.9)
# From almost white to dark blue: order is seen in grey and by all kinds of colour vision.
_MAP = colors.LinearSegmentedColormap.from_list("power", ["#eef3f8", "#7fb2dd", "#0b3c66"])


def power_svg(plan: PowerPlan, scale: ScalePower, name: str) -> str:
    """The plot as an SVG element; `name` keeps its ids apart from others on a page."""
    with _drawn(plan, scale) as canvas:
        return to_svg(canvas, f"power-{name}", alternative(plan, scale))


def power_png(plan: PowerPlan, scale: ScalePower) -> bytes:
    """The same as a picture for slides, 200 dpi on white."""
    buffer = io.BytesIO()
    with _drawn(plan, scale) as canvas:
        canvas.savefig(buffer, format="png", dpi=200, metadata={"Software": None})
    return buffer.getvalue()


def alternative(plan: PowerPlan, scale: ScalePower) -> str:
    """What the plot shows, in words."""
    shown = [
        f"{row.items} items: {row.participants or 'more than ' + str(max(scale.participants))}"
        for row in scale.needed
        if row.power == plan.target
    ]
    return (
        f"Power over participants and items. Participants needed for {plan.target:.0%}: "
        + "; ".join(shown) + "."
    )  # fmt: skip


@contextmanager
def _drawn(plan: PowerPlan, scale: ScalePower) -> Iterator[Figure]:
    with figure(WIDTH, HEIGHT) as (canvas, axes):
        power = np.array(scale.power)
        field = axes.contourf(scale.items, scale.participants, power, levels=_LEVELS, cmap=_MAP)
        for collection in axes.collections:
            collection.set_edgecolor("face")  # no seams between the bands
        _lines(axes, scale, power)
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.set_xticks(scale.items, [str(n) for n in scale.items])
        axes.set_yticks(scale.participants, [str(n) for n in scale.participants])
        axes.minorticks_off()
        axes.set_xlabel("items (songs)")
        axes.set_ylabel("participants")
        if plan.study_items in scale.items:
            axes.axvline(plan.study_items, color=INK, linestyle=(0, (4, 3)), linewidth=1.0)
        if scale.advised_items and scale.advised_participants:
            axes.plot(scale.advised_items, scale.advised_participants, marker="o", markersize=8,
                      color="#D55E00", markeredgecolor="#ffffff", clip_on=False)  # fmt: skip
        bar = canvas.colorbar(field, ax=axes, ticks=[0, 0.25, 0.5, 0.75, 1.0])
        bar.ax.set_yticklabels(["0", "25", "50", "75", "100 %"])
        bar.set_label("power")
        yield canvas


def _lines(axes: Axes, scale: ScalePower, power: np.ndarray) -> None:
    shown = [level for level in _LINES if power.min() < level < power.max()]
    if not shown:
        return
    lines = axes.contour(scale.items, scale.participants, power, levels=shown,
                         colors="#111111", linewidths=[0.8, 1.8, 1.2][: len(shown)])  # fmt: skip
    axes.clabel(lines, fmt=lambda level: f"{level:.0%}", fontsize=8, colors="#111111")
