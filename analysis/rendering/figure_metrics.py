"""Figures of objective metrics against ratings."""

from __future__ import annotations

import numpy as np

from ..records.report import ReportData, Scale
from .figures import WIDTH, Picture
from .findings import oriented
from .svg import INK, ROLE_COLOURS, ROLE_MARKERS, figure, to_svg
from .wording import signed

MOST_METRICS = 30  # drawn, of those that go best with the ratings


def strengths(data: ReportData, scale: Scale) -> Picture | None:
    """Every metric's correlation beside what chance gives and what the ratings allow."""
    fits = [
        f
        for f in data.metrics
        if f.scale == scale.id and f.level == "item_system" and oriented(f) is not None
    ]
    if not fits:
        return None
    roles = list(dict.fromkeys(fit.roles for fit in fits))
    head = {fit.metric: oriented(fit) or 0.0 for fit in reversed(fits)}
    head |= {fit.metric: oriented(fit) or 0.0 for fit in fits if fit.roles == roles[0]}
    names = sorted(head, key=lambda name: head[name])[-MOST_METRICS:]
    with figure(WIDTH, 0.26 * len(names) + 1.2) as (canvas, axes):
        lead = next(fit for fit in fits if fit.roles == roles[0])
        if lead.chance_level is not None:
            axes.axvspan(-lead.chance_level, lead.chance_level, color=INK, alpha=0.09, linewidth=0)
        if lead.noise_ceiling is not None:
            axes.axvline(lead.noise_ceiling, color=INK, linewidth=0.8, linestyle=(0, (4, 3)))
        axes.axvline(0, color=INK, linewidth=0.6)
        for role, colour, fill in zip(roles, ("#0072B2", INK), ("#0072B2", "none"), strict=False):
            chosen = [fit for fit in fits if fit.roles == role and fit.metric in names]
            axes.plot(
                [oriented(fit) or 0.0 for fit in chosen],
                [names.index(f.metric) for f in chosen],
                linestyle="none",
                marker="o",
                markersize=6,
                color=colour,
                markerfacecolor=fill,
                label="all systems" if role == "all" else f"{role.replace(',', ', ')} only",
            )
        axes.set_yticks(np.arange(len(names)), names)
        axes.tick_params(axis="y", length=0)
        axes.set_ylim(-0.6, len(names) - 0.4)
        axes.set_xlim(-1.05, 1.05)
        axes.set_xlabel("rank correlation with the ratings (+ agrees)")
        canvas.legend(loc="outside lower center", ncols=2, frameon=False, fontsize=8)
        alt = f"Rank correlation of each metric with {scale.question} " + "; ".join(
            f"{f.metric} {signed(oriented(f))} ({f.roles})" for f in fits
        )
        svg = to_svg(canvas, f"strengths-{scale.id}", alt)
    return Picture(
        svg,
        f"Shaded: what unrelated points reach by chance (n = {lead.n}). Dashed: the most that "
        f"these mean ratings allow.{_shown(len(head))}",
    )  # fmt: skip


def _shown(count: int) -> str:
    return f" The best {MOST_METRICS} of {count} metrics." if count > MOST_METRICS else ""


def scatter(data: ReportData, scale: Scale, metric: str) -> Picture:
    """One metric against the mean ratings, a point per item × system."""
    roles = {system.name: system.role for system in data.systems}
    points = [p for p in data.metric_points if (p.scale, p.metric) == (scale.id, metric)]
    units = {fit.metric: fit.unit for fit in data.metrics}
    with figure(2.5, 2.2) as (canvas, axes):
        for role in sorted({roles.get(p.system, "") for p in points}):
            chosen = [p for p in points if roles.get(p.system, "") == role]
            axes.scatter([p.value for p in chosen], [p.rating for p in chosen], s=20, alpha=0.8,
                         color=ROLE_COLOURS.get(role, "#0072B2"), linewidths=0,
                         marker=ROLE_MARKERS.get(role, "o"))  # fmt: skip
        axes.set_xlabel(metric if not units.get(metric) else f"{metric} [{units[metric]}]")
        axes.set_ylabel("mean rating")
        axes.set_ylim(scale.low - 0.04 * (scale.high - scale.low), scale.high)
        axes.locator_params(axis="x", nbins=4)
        axes.grid(color=INK, alpha=0.15, linewidth=0.6)
        alt = f"{metric} against mean rating on {scale.question} {len(points)} stimuli."
        svg = to_svg(canvas, f"scatter-{scale.id}-{metric}", alt)
    return Picture(svg, "")
