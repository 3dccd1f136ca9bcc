"""All systems against each other as one matrix."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from ..records.course import PairContrast
from ..records.report import ReportData, Scale
from .figures import WIDTH, Picture
from .svg import INK, figure, tip, to_svg
from .wording import interval, p_equals, probability, signed

MOST_SYSTEMS_WITH_TEXT = 12
HIGHER, LOWER = "#0072B2", "#D55E00"


def pair_matrix(data: ReportData, scale: Scale) -> Picture | None:
    """Differences above the diagonal, adjusted p below; None with fewer than three systems."""
    rows = [row for row in data.pairs if row.scale == scale.id]
    rated = {row.system for row in rows} | {row.other for row in rows}
    names = [system.name for system in data.systems if system.name in rated]
    if len(names) < 3:
        return None
    place = {name: k for k, name in enumerate(names)}
    largest = max((abs(row.estimate or 0.0) for row in rows), default=0.0) or 1.0
    size = len(names)
    with figure(max(WIDTH, 1.6 + 0.55 * size), 0.9 + 0.3 * size) as (canvas, axes):
        for row in rows:
            _difference(axes, row, place, largest, size, data.alpha)
            _p_value(axes, row, place, size, data.alpha)
        for k in range(size):
            axes.text(k, k, str(k + 1), ha="center", va="center", fontsize=8, fontweight="bold")
        axes.set_yticks(range(size), [f"{name}  {k + 1}" for k, name in enumerate(names)])
        axes.set_xticks(range(size), [str(k + 1) for k in range(size)])
        axes.xaxis.tick_top()
        axes.tick_params(length=0)
        axes.set_xlim(-0.5, size - 0.5)
        axes.set_ylim(size - 0.5, -0.5)
        axes.spines[:].set_visible(False)
        svg = to_svg(canvas, f"pairs-{scale.id}", _alternative(data, scale, rows))
    return Picture(
        svg,
        "Every pair. Above the diagonal: row minus column, in points, shaded where the adjusted p "
        f"is below {data.alpha:g}. Below it: the p adjusted over all pairs.",
    )


def _difference(
    axes: Axes, row: PairContrast, place: dict[str, int], largest: float, size: int, alpha: float
) -> None:
    if row.estimate is None:
        return
    y, x = sorted((place[row.system], place[row.other]))
    value = row.estimate if place[row.system] < place[row.other] else -row.estimate
    shown = row.p_adjusted is not None and row.p_adjusted < alpha
    strength = 0.15 + 0.45 * abs(value) / largest if shown else 0.0
    patch = Rectangle((x - 0.47, y - 0.45), 0.94, 0.9, alpha=strength, linewidth=0,
                      facecolor=HIGHER if value > 0 else LOWER)  # fmt: skip
    axes.add_patch(patch)
    tip(patch, f"{row.system} − {row.other}: {signed(row.estimate)} points "
               f"({interval(row.ci_adjusted_low, row.ci_adjusted_high)}), "
               f"{p_equals(row.p_adjusted)}")  # fmt: skip
    if size <= MOST_SYSTEMS_WITH_TEXT:
        digits = 1 if largest >= 10 else 2
        axes.text(x, y, signed(value, digits), ha="center", va="center", fontsize=7,
                  alpha=1.0 if shown else 0.65)  # fmt: skip


def _p_value(axes: Axes, row: PairContrast, place: dict[str, int], size: int, alpha: float) -> None:
    if size > MOST_SYSTEMS_WITH_TEXT:
        return
    x, y = sorted((place[row.system], place[row.other]))
    shown = row.p_adjusted is not None and row.p_adjusted < alpha
    axes.text(x, y, probability(row.p_adjusted), ha="center", va="center", fontsize=6.5,
              color=INK, alpha=1.0 if shown else 0.65)  # fmt: skip


def _alternative(data: ReportData, scale: Scale, rows: list[PairContrast]) -> str:
    told = [row for row in rows if row.p_adjusted is not None and row.p_adjusted < data.alpha]
    words = "; ".join(f"{row.system} minus {row.other} {signed(row.estimate)}" for row in told)
    words = f": {words}" if words else ""
    return (
        f"Matrix of all {len(rows)} pairs of systems on {scale.question} "
        f"{len(told)} differ with an adjusted p below {data.alpha:g}{words}."
    )
