"""What a person sees of `evaluate --dry-run`."""

from __future__ import annotations

from rich.table import Table

from .forecast import Forecast


def forecast_table(forecast: Forecast) -> Table:
    """What is left to do for each system."""
    table = Table(title="left to compute", title_justify="left")
    table.add_column("system", no_wrap=True)
    for heading in ("renderings", "scores", "rendering"):
        table.add_column(heading, justify="right")
    for one in forecast.systems:
        each = "?" if one.rendering_s is None else duration(one.rendering_s)
        row = (str(one.renderings), str(one.scores), each if one.renderings else "")
        table.add_row(one.system, *row)
    return table


def forecast_lines(forecast: Forecast) -> list[str]:
    """The sum, and what it leaves out."""
    total = duration(forecast.rendering_s + forecast.scoring_s)
    lines = [
        f"{len(forecast.systems)} systems, {forecast.items} items, {forecast.metrics} metrics: "
        f"about {total} (rendering {duration(forecast.rendering_s)}, "
        f"scoring {duration(forecast.scoring_s)})"
    ]
    if forecast.untimed:
        lines.append(
            f"not counted: rendering by {', '.join(forecast.untimed)}, not rendered here before"
        )
    return lines


def duration(seconds: float) -> str:
    """Seconds as a person says them."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 90 * 60:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"
