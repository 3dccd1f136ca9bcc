"""`evaluate`: from a folder of models to a run folder with audio, scores and leaderboard."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from .inputs import ItemState
from .items import check_items
from .leaderboard import leaderboard
from .manifest import write_manifest
from .metrics import all_metrics
from .metrics.metric import Metric
from .plan import Plan, make_plan
from .progress import Progress
from .render import Rendered, Renderings
from .report import write_report
from .score import Scoring, choose_device
from .store import Store
from .tables import score_table, write_tables


@dataclass(frozen=True, eq=False)
class Run:
    """A complete run.

    Attributes:
        folder: the run folder.
        scores: table `SCORES`.
        leaderboard: table `LEADERBOARD`.
        failures: training items that could not be rendered, as `system, item: reason`; those of
            test items are rows of `scores`.
    """

    folder: Path
    scores: pd.DataFrame
    leaderboard: pd.DataFrame
    failures: tuple[str, ...]

    @property
    def failed(self) -> int:
        """The number of scores that should have a value and have none."""
        return int((self.scores["status"] == "failed").sum())


def evaluate(
    models: Path | str,
    datasets: Sequence[Path | str] | None = None,
    out: Path | str | None = None,
    *,
    extra_metrics: Sequence[Metric] = (),
    trust: bool = False,
    progress: Progress | None = None,
) -> Run:
    """Render every system on every item of its tasks and compute every metric.

    What an earlier call stored in the same run folder is not computed again, also after a kill.

    Args:
        models: a folder of model folders.
        datasets: dataset folders; None takes all in `models/../data`.
        out: the run folder; None takes `runs/<name of models>`.
        extra_metrics: besides all registered ones.
        trust: let model folders run code that is not bundled with this package.
        progress: told what happens.

    Raises:
        ConfigError: something is wrong with the TOML files or the names in them.
        DataError: the run folder cannot be written.
        MetricError: a metric of another package cannot be loaded.
    """
    started = time.perf_counter()
    metrics = {**all_metrics(), **{metric.facts.id: metric for metric in extra_metrics}}
    folders = None if datasets is None else [Path(folder) for folder in datasets]
    plan = make_plan(Path(models), folders, metrics.values())
    run = Path(out) if out is not None else default_out(Path(models))
    return _Evaluation(plan, run, trust, progress or Progress(), choose_device()).run(started)


def default_out(models: Path) -> Path:
    """Where a run goes if nothing else is said."""
    return Path("runs") / models.resolve().name


@dataclass(frozen=True)
class _Evaluation:
    plan: Plan
    folder: Path
    is_trusted: bool
    progress: Progress
    device: str

    def run(self, started: float) -> Run:
        for warning in self.plan.warnings():
            self.progress.warn(warning)
        with Store(self.folder) as store:
            states = check_items(self.plan, store, self.progress)
            jobs = self.plan.jobs(states)
            renderings = Renderings(self.folder, store, self.progress, self.is_trusted)
            rendered = renderings.render_all(jobs)
            scoring = Scoring(self.folder, store, self.progress, self.plan.metrics, self.device)
            table = score_table(jobs, self.plan.metrics, scoring.score_all(rendered))
            run = Run(self.folder, table, self._board(table, states), _failures(rendered))
            write_tables(self.folder, run.scores, run.leaderboard)
            seconds = time.perf_counter() - started
            write_manifest(
                self.folder, self.plan, states, rendered, device=self.device, seconds=seconds
            )
            write_report(self.folder)
            store.finish()
        return run

    def _board(self, table: pd.DataFrame, states: Sequence[ItemState]) -> pd.DataFrame:
        groups = {state.item.id: f"{state.dataset.name}/{state.item.group}" for state in states}
        baselines = {dataset.name: dataset.baseline for dataset in self.plan.datasets}
        return leaderboard(table, groups, baselines)


def _failures(rendered: Sequence[Rendered]) -> tuple[str, ...]:
    return tuple(
        f"{one.job.model.name}, {one.job.item}: {one.reason}"
        for one in rendered
        if one.reason and not one.job.state.is_scored
    )
