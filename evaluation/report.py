"""`RUN/report.html`: what a run found, in words, pictures, tables and sound.

One file that needs no network: styles and plots are inside, only the players point to `audio/`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from earwitness.stimuli.errors import DataError
from earwitness.stimuli.schema import LEADERBOARD, SCORES, SET_ITEM, require

from .metrics import all_metrics
from .report_curves import Curve, snippet_plots, training_curves
from .report_figures import metric_plot
from .report_tables import Board, ItemTable, board, failures, item_tables
from .report_words import VERDICTS, findings, outside_validation
from .tables import write_whole

TEMPLATE = "run.html.j2"
MAX_ITEMS = 40  # of a task shown with players; a page with thousands of players is no help


@dataclass(frozen=True)
class Plot:
    """A metric's picture with what a reader needs to read it."""

    metric: str
    title: str
    unit: str
    direction: str
    description: str
    svg: Markup


@dataclass(frozen=True)
class Section:
    """Everything about one task."""

    task: str
    findings: list[str]
    outside: list[str]
    board: Board
    plots: list[Plot]
    curves: list[Curve]
    items: list[ItemTable]
    hidden_items: int


def write_report(run: Path) -> Path:
    """Write the page of a complete run.

    Args:
        run: a run folder with `scores.parquet`, `leaderboard.csv` and `manifest.json`.

    Returns:
        The path of the page.

    Raises:
        DataError: a file of the run is missing or unreadable.
    """
    scores, standings, manifest = _read(run)
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    page = environment.get_template(TEMPLATE).render(
        name=run.name,
        sections=[
            _section(run, str(task), frame, standings, manifest)
            for task, frame in scores.groupby("task", sort=False)
        ],
        failures=failures(scores),
        scored=int((scores["status"] == "ok").sum()),
        manifest=manifest,
        titles=_titles(manifest),
        verdicts=VERDICTS,
    )
    path = run / "report.html"
    write_whole(path, lambda partial: partial.write_text(page, encoding="utf-8"))
    return path


def _read(run: Path) -> tuple[pd.DataFrame, pd.DataFrame, dict[str, Any]]:
    try:
        scores = pd.read_parquet(run / "scores.parquet")
        standings = pd.read_csv(run / "leaderboard.csv", dtype={"verdict": str})
        manifest: dict[str, Any] = json.loads((run / "manifest.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(f"{run}: not a complete run ({error}); run evaluate again") from error
    require(scores, tuple(SCORES.names), f"{run}/scores.parquet")
    require(standings, tuple(LEADERBOARD.names), f"{run}/leaderboard.csv")
    return scores, standings, manifest


def _section(
    run: Path, task: str, scores: pd.DataFrame, standings: pd.DataFrame, manifest: dict[str, Any]
) -> Section:
    known = scores["system"].unique()
    own = standings[standings["system"].isin(known)]
    table = board(scores, own)
    items = [str(item) for item in scores["item"].unique() if item != SET_ITEM]
    return Section(
        task=task,
        findings=findings(scores, table, manifest),
        outside=outside_validation(table.metrics, task, manifest),
        board=table,
        plots=[_plot(scores, metric, _titles(manifest)) for metric in table.metrics],
        curves=[*training_curves(scores, own, manifest), *snippet_plots(scores)],
        items=item_tables(run, scores, table.item_metrics, items[:MAX_ITEMS]),
        hidden_items=max(0, len(items) - MAX_ITEMS),
    )


def _plot(scores: pd.DataFrame, metric: str, titles: dict[str, str]) -> Plot:
    of_metric = scores[scores["metric"] == metric]
    known = all_metrics()
    facts = known[metric].facts if metric in known else None
    first = of_metric.iloc[0]
    return Plot(
        metric=metric,
        title=titles.get(metric, metric),
        unit=first["unit"] or "",
        direction=first["direction"] or "",
        description=facts.description if facts else "",
        svg=metric_plot(of_metric),
    )


def _titles(manifest: dict[str, Any]) -> dict[str, str]:
    """Metric id → title: of the run, else of those that are installed here."""
    here = {name: metric.facts.title for name, metric in all_metrics().items()}
    return here | {one["id"]: one["title"] for one in manifest["metrics"] if "title" in one}
