"""Learning and fatigue over the trials, time per trial, and listening times."""

from __future__ import annotations

from ..records.report import ReportData, Scale
from .figures import WIDTH, Picture
from .svg import INK, ROLE_COLOURS, figure, tip, to_svg
from .wording import count, interval, level, number, p_equals, signed


def course(data: ReportData, scale: Scale) -> Picture | None:
    """Ratings by position in the test; None without an order of trials."""
    rows = [row for row in data.positions if row.scale == scale.id]
    if not rows:
        return None
    places = [row.position for row in rows]
    with figure(WIDTH, 2.0) as (canvas, axes):
        axes.axhline(0, color=INK, linewidth=0.6)
        known = [row for row in rows if row.ci_low is not None]
        axes.fill_between([row.position for row in known], [row.ci_low or 0.0 for row in known],
                          [row.ci_high or 0.0 for row in known], color="#0072B2", alpha=0.2,
                          linewidth=0)  # fmt: skip
        axes.plot(places, [row.deviation or 0.0 for row in rows], "o-", color="#0072B2",
                  markersize=3.5, linewidth=1.2, label="rating − mean of its stimulus")  # fmt: skip
        axes.plot(places, [row.spread or 0.0 for row in rows], "s--", color="#D55E00",
                  markersize=3.0, linewidth=1.0, label="size of the deviations")  # fmt: skip
        axes.locator_params(axis="x", integer=True)
        axes.set_xlabel("trial")
        axes.set_ylabel("points")
        axes.grid(axis="y", color=INK, alpha=0.15, linewidth=0.6)
        canvas.legend(loc="outside lower center", ncols=2, frameon=False, fontsize=7.5)
        words = trend_words(data, scale.id)
        svg = to_svg(canvas, f"course-{scale.id}", f"Ratings by trial on {scale.question} {words}")
    return Picture(
        svg, f"Learning and fatigue. Band: {level(data.alpha)} interval over participants. {words}"
    )


_QUANTITIES = {"rating": "rating", "spread": "size of the deviations", "seconds": "seconds"}


def trend_words(data: ReportData, scale: str) -> str:
    """Each trend of a scale in words; empty without one."""
    return " ".join(
        f"Change of the {_QUANTITIES[trend.quantity]} per trial: {signed(trend.per_trial, 3)} "
        f"({interval(trend.ci_low, trend.ci_high, 3)}; {p_equals(trend.p)}, "
        f"{count(trend.n_participants, 'participant')})."
        for trend in data.trends
        if trend.scale == scale
    )


def trial_times(data: ReportData) -> Picture | None:
    """Seconds per trial by position; None without times."""
    rows = data.times
    if not rows:
        return None
    places = [row.position for row in rows]
    with figure(WIDTH, 1.9) as (canvas, axes):
        axes.fill_between(places, [row.q1 or 0.0 for row in rows], [row.q3 or 0.0 for row in rows],
                          color="#0072B2", alpha=0.2, linewidth=0)  # fmt: skip
        axes.plot(places, [row.seconds or 0.0 for row in rows], "o-", color="#0072B2",
                  markersize=3.5, linewidth=1.2)  # fmt: skip
        axes.set_ylim(bottom=0)
        axes.locator_params(axis="x", integer=True)
        axes.set_xlabel("trial")
        axes.set_ylabel("seconds")
        axes.grid(axis="y", color=INK, alpha=0.15, linewidth=0.6)
        words = trend_words(data, "")
        alt = (
            f"Seconds per trial: median {number(rows[0].seconds, 0)} at first, "
            f"{number(rows[-1].seconds, 0)} at the end. {words}"
        )
        svg = to_svg(canvas, "times", alt)
    return Picture(
        svg, f"From the first view of a page to its last answer: median and quartiles. {words}"
    )


def listening(data: ReportData) -> Picture | None:
    """How long each system was listened to; None where that was not recorded."""
    rows = data.listening
    if not rows:
        return None
    roles = {system.name: system.role for system in data.systems}
    with figure(WIDTH, 0.3 * len(rows) + 0.75) as (canvas, axes):
        for place, row in zip(range(len(rows))[::-1], rows, strict=True):
            colour = ROLE_COLOURS.get(roles.get(row.system, ""), "#0072B2")
            axes.plot([row.q1 or 0.0, row.q3 or 0.0], [place, place], color=INK, linewidth=1.4)
            [point] = axes.plot([row.listened_s or 0.0], [place], "o", color=colour,
                                markeredgecolor=INK, markersize=6)  # fmt: skip
            tip(point, f"{row.system}: {number(row.listened_s, 1)} s, started "
                       f"{number(row.plays, 1)} times")  # fmt: skip
        axes.set_yticks(range(len(rows))[::-1], [row.system for row in rows])
        axes.tick_params(axis="y", length=0)
        axes.set_xlim(left=0)
        axes.set_ylim(-0.6, len(rows) - 0.4)
        axes.set_xlabel("seconds of listening to one version")
        axes.grid(axis="x", color=INK, alpha=0.15, linewidth=0.6)
        alt = "Median seconds of listening to one version: " + "; ".join(
            f"{row.system} {number(row.listened_s, 1)}" for row in rows
        )
        svg = to_svg(canvas, "listening", alt)
    return Picture(svg, "How long each version was audible before it was rated: median, quartiles.")
