"""Curves of a run's page: metrics along a training, and values of songs against their snippets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .report_svg import ACCENT, GREY, INK, page_style, svg, tidy

STEP = "step"  # the factor that says how long a model was trained
SNIPPET = "_snippet"
MARKERS = "osD^vPX*<>hd"
SIZE_IN = (4.4, 2.8)
MAX_POINTS = 600  # of a picture, spread evenly over the items


@dataclass(frozen=True)
class Curve:
    """A picture of one metric."""

    metric: str
    caption: str
    svg: Markup


@dataclass(frozen=True)
class _Family:
    """Models that differ in the step only: (step, system), in the order of the steps."""

    name: str
    models: list[tuple[float, str]]


def training_curves(
    scores: pd.DataFrame, standings: pd.DataFrame, manifest: Mapping[str, Any]
) -> list[Curve]:
    """Each metric along the steps of the models that declare `[factors] step`.

    Args:
        scores: table `SCORES` of one task.
        standings: its rows of table `LEADERBOARD`.
        manifest: of the run, with the factors of the systems.
    """
    families = _families(manifest, set(scores["system"]))
    unique = scores.drop_duplicates("system")
    roles = dict(zip(unique["system"], unique["role"], strict=True))
    curves = []
    for metric, rows in standings.groupby("metric", sort=False):
        known = rows[rows["mean"].notna()].set_index("system")
        drawn = [one for one in families if sum(name in known.index for _, name in one.models) > 1]
        if drawn:
            caption = "mean over items along the training"
            curves.append(Curve(str(metric), caption, _training(str(metric), known, drawn, roles)))
    return curves


def _families(manifest: Mapping[str, Any], systems: set[str]) -> list[_Family]:
    found: dict[str, list[tuple[float, str]]] = {}
    for system in manifest.get("systems", ()):
        factors = dict(system["factors"])
        step = factors.pop(STEP, None)
        is_number = isinstance(step, int | float) and not isinstance(step, bool)
        if is_number and system["name"] in systems:
            name = ", ".join(f"{key} {value}" for key, value in factors.items()).lower()
            found.setdefault(name, []).append((float(step), system["name"]))
    return [_Family(name, sorted(models)) for name, models in found.items() if len(models) > 1]


def _training(
    metric: str, known: pd.DataFrame, families: Sequence[_Family], roles: Mapping[str, str]
) -> Markup:
    with page_style():
        figure = Figure(figsize=SIZE_IN, layout="constrained")
        axes = figure.add_subplot()
        for place, family in enumerate(families):
            models = [(step, name) for step, name in family.models if name in known.index]
            steps = [step for step, _ in models]
            rows = known.loc[[name for _, name in models]]
            means = rows["mean"].astype(float).tolist()
            marker = MARKERS[place % len(MARKERS)]
            axes.plot(steps, means, marker=marker, color=ACCENT, label=family.name or "models")
            if rows["ci_low"].notna().all():
                low, high = (rows[side].astype(float).tolist() for side in ("ci_low", "ci_high"))
                axes.fill_between(steps, low, high, color=ACCENT, alpha=0.15, linewidth=0)
        stepped = {name for family in families for _, name in family.models}
        for name in known.index:
            if name not in stepped and roles[name] != "model":
                _level(axes, name, float(known.loc[name, "mean"]))
        axes.set_xlabel(STEP)
        tidy(axes, "both")
        if len(families) > 1:
            axes.legend(frameon=False, labelcolor=INK, fontsize=8)
        return svg(figure, f"{metric} along the training steps")


def _level(axes: Axes, name: str, value: float) -> None:
    """Something to compare with: a baseline, an anchor or the reference."""
    axes.axhline(value, color=GREY, linewidth=1, linestyle="--")
    axes.annotate(
        name,
        (1, value),
        xycoords=("axes fraction", "data"),
        ha="right",
        va="bottom",
        color=INK,
        fontsize=8,
    )


def snippet_plots(scores: pd.DataFrame) -> list[Curve]:
    """For each metric over snippets: its values beside those of the same metric over the song."""
    metrics = set(scores["metric"])
    curves = []
    for metric in scores["metric"].unique():
        whole = metric.replace(SNIPPET, "")
        if whole != metric and whole in metrics:
            pair = _pairs(scores, whole, metric)
            if not pair.empty:
                unit = str(scores[scores["metric"] == metric]["unit"].iloc[0] or "")
                caption = "each item: mean of its snippets against the whole item"
                curves.append(Curve(metric, caption, _snippets(pair, unit)))
    return curves


def _pairs(scores: pd.DataFrame, whole: str, snippet: str) -> pd.DataFrame:
    """Columns `song` and `snippets` per (system, item) with both values."""
    good = scores[(scores["status"] == "ok") & scores["metric"].isin([whole, snippet])]
    wide = good.pivot_table(
        index=["system", "role", "item"], columns="metric", values="value", sort=False
    )
    if not {whole, snippet} <= set(wide.columns):
        return pd.DataFrame()
    both = wide.dropna().rename(columns={whole: "song", snippet: "snippets"}).astype(float)
    return both.reset_index().iloc[:: -(-len(both) // MAX_POINTS) or 1]


def _snippets(pair: pd.DataFrame, unit: str) -> Markup:
    with page_style():
        figure = Figure(figsize=SIZE_IN, layout="constrained")
        axes = figure.add_subplot()
        for place, (system, rows) in enumerate(pair.groupby("system", sort=False)):
            marked = rows["role"].iloc[0] not in ("model", "baseline")
            axes.plot(
                rows["song"],
                rows["snippets"],
                MARKERS[place % len(MARKERS)],
                color=GREY if marked else ACCENT,
                alpha=0.6,
                markersize=4.5,
                markeredgewidth=0,
                label=str(system),
            )
        ends = [pair[["song", "snippets"]].min().min(), pair[["song", "snippets"]].max().max()]
        axes.plot(ends, ends, color=INK, linewidth=0.8, alpha=0.5)
        axes.set_xlabel(f"whole item{', ' if unit else ''}{unit}")
        axes.set_ylabel("snippets")
        tidy(axes, "both")
        if pair["system"].nunique() <= len(MARKERS):
            figure.legend(loc="outside right upper", frameon=False, labelcolor=INK, fontsize=8)
        return svg(figure, f"snippets against whole items, {len(pair)} points")
