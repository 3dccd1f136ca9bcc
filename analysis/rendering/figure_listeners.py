"""The participants one by one: how well each agrees with all others."""

from __future__ import annotations

from ..records.report import ReportData, Scale
from .figures import WIDTH, Picture
from .svg import INK, figure, to_svg
from .wording import count, number

FEWEST = 3  # participants below which the picture shows nothing that the table does not


def caterpillar(data: ReportData, scale: Scale) -> Picture | None:
    """Leave-one-out correlations in order; None where too few participants have one."""
    values = sorted(
        row.correlation for row in data.listeners
        if row.scale == scale.id and row.correlation is not None
    )  # fmt: skip
    if len(values) < FEWEST:
        return None
    with figure(WIDTH, 1.9) as (canvas, axes):
        axes.axhline(0, color=INK, linewidth=0.6)
        axes.scatter(range(1, len(values) + 1), values, s=14, color="#0072B2", linewidths=0)
        axes.set_ylim(min(-0.1, values[0] - 0.1), 1.05)
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
