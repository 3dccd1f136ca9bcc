"""The flow of sessions and ratings, from the start to what was analysed, as one figure."""

from __future__ import annotations

from matplotlib.axes import Axes

from ..records.report import ReportData
from .figures import WIDTH, Picture
from .svg import INK, figure, to_svg
from .wording import count


def flow(data: ReportData) -> Picture:
    """Boxes from top to bottom; what was left out stands at the side, rule by rule."""
    steps = {step.step: step.sessions for step in data.flow}
    started = next(iter(steps))
    boxes = [f"{_sessions(steps, started)} {started}"]
    asides = [f"{_sessions(steps, name)} {name}" for name in ("withdrawn", "not completed")
              if steps.get(name)]  # fmt: skip
    if "completed" in steps:
        boxes.append(f"{_sessions(steps, 'completed')} completed")
    removed = [
        f"{count(e.ratings, 'rating')} of {count(e.participants, 'participant')}: {e.rule}"
        for e in data.exclusions
    ]
    boxes.append(
        f"{count(data.n_participants, 'participant')} analysed\n{count(data.n_ratings, 'rating')} "
        f"of {count(data.n_items, 'item')}"
    )
    sides = [asides, removed] if len(boxes) == 3 else [removed]
    alt = "Flow: " + "; ".join([*boxes, *(f"left out: {text}" for text in [*asides, *removed])])
    heights = [0.55 + 0.2 * max(0, len(side) - 1) for side in sides]
    total = 0.6 * len(boxes) + sum(heights)
    with figure(WIDTH, total + 0.2) as (canvas, axes):
        axes.set_axis_off()
        axes.set_xlim(0, 10)
        axes.set_ylim(-total, 0.1)
        y = -0.25
        for k, text in enumerate(boxes):
            _box(axes, 2.0, y, text)
            if k < len(boxes) - 1:
                gap = 0.6 + heights[k]
                _arrow(axes, 2.0, y - 0.24, y - gap + 0.24)
                _aside(axes, y - gap / 2, sides[k])
                y -= gap
        svg = to_svg(canvas, "flow", alt.replace("\n", ", "))
    return Picture(svg, "From the start to what was analysed; nothing was left out unsaid.")


def _sessions(steps: dict[str, int], name: str) -> str:
    noun = "participant" if name == "in the table" else "session"
    return count(steps[name], noun)


def _box(axes: Axes, x: float, y: float, text: str) -> None:
    axes.text(x, y, text, ha="center", va="center", fontsize=8.5,
              bbox={"boxstyle": "round,pad=0.5", "facecolor": "none", "edgecolor": INK,
                    "linewidth": 0.8})  # fmt: skip


def _arrow(axes: Axes, x: float, top: float, bottom: float) -> None:
    axes.annotate("", xy=(x, bottom), xytext=(x, top),
                  arrowprops={"arrowstyle": "-|>", "color": INK, "linewidth": 0.8})  # fmt: skip


def _aside(axes: Axes, y: float, texts: list[str]) -> None:
    if not texts:
        return
    axes.plot([2.0, 3.3], [y, y], color=INK, linewidth=0.8)
    axes.text(3.5, y, "left out:\n" + "\n".join(texts), ha="left", va="center", fontsize=7.5)
