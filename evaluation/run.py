"""`evaluate`: from a folder of models to a run folder with audio, scores and leaderboard."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from earwitness.stimuli.errors import ConfigError, MetricError

from .chance import ChanceLevels, Levels
from .contenders import with_contenders
from .engine import Engine, EngineName, open_engine
from .inputs import ItemState
from .items import check_items
from .leaderboard import leaderboard
from .manifest import write_manifest
from .metrics import all_metrics, metric
from .metrics.metric import Metric
from .plan import Job, Plan, Shard, make_plan
from .progress import Progress
from .render import Rendered, Renderings
from .report import write_report
from .score import Scoring
from .sets.scores import SetScores
from .sets.scoring import SetScoring
from .sets.shelf import Shelf
from .sets.standing import with_sets
from .store import Records, Store
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
    only: Sequence[str] = (),
    extra_metrics: Sequence[Metric] = (),
    trust: bool = False,
    progress: Progress | None = None,
    engine: EngineName = "local",
    workers: int | None = None,
    systems: Sequence[str] = (),
) -> Run:
    """Render every system on every item of its tasks and compute every metric.

    What an earlier call stored in the same run folder is not computed again, also after a kill.

    Args:
        models: a folder of model folders.
        datasets: dataset folders; None takes all in `models/../data`.
        out: the run folder; None takes `runs/<name of models>`.
        only: ids of the metrics to compute; none means all that are registered.
        extra_metrics: besides those.
        trust: let model folders run code that is not bundled with this package.
        progress: told what happens.
        engine: `local`, or `ray` for a cluster.
        workers: models that render at once on this machine; None decides by its cores.
        systems: names of the systems to run; none means all of `models`.

    Raises:
        ConfigError: something is wrong with the TOML files or the names in them, or a metric is
            unknown or cannot be loaded.
        DataError: the run folder cannot be written.
        EarwitnessError: Ray is not installed, or its cluster cannot be used.
    """
    place = Where(engine, workers)
    about = (models, datasets, out, only, extra_metrics, trust, progress, place, systems)
    return prepare(*about).run()


@dataclass(frozen=True)
class Where:
    """The engine of a run: its name, and how many models it lets render at once (None: decides)."""

    engine: EngineName = "local"
    workers: int | None = None


@dataclass(frozen=True)
class Part:
    """What one shard of a run did.

    Attributes:
        folder: the run folder, where its results wait for the run as a whole.
        renderings: how many it has.
        scores: how many it has.
        failed: how many of its scores should have a value and have none.
    """

    folder: Path
    renderings: int
    scores: int
    failed: int


def evaluate_shard(
    shard: Shard,
    models: Path | str,
    datasets: Sequence[Path | str] | None = None,
    out: Path | str | None = None,
    *,
    only: Sequence[str] = (),
    extra_metrics: Sequence[Metric] = (),
    trust: bool = False,
    progress: Progress | None = None,
) -> Part:
    """Compute one shard of a run into its folder; `evaluate` with the same arguments ends the run.

    Shards share nothing but the folder, so they can run at once, on several hosts, in any order.
    Arguments and errors: as `evaluate`.
    """
    return prepare(models, datasets, out, only, extra_metrics, trust, progress).run_shard(shard)


def prepare(
    models: Path | str,
    datasets: Sequence[Path | str] | None,
    out: Path | str | None,
    only: Sequence[str],
    extra_metrics: Sequence[Metric],
    trust: bool,
    progress: Progress | None,
    where: Where | None = None,
    systems: Sequence[str] = (),
) -> Evaluation:
    """Everything that is decided before a run starts; arguments and errors as `evaluate`."""
    metrics = {**_chosen(only), **{extra.facts.id: extra for extra in extra_metrics}}
    folders = None if datasets is None else [Path(folder) for folder in datasets]
    plan = make_plan(Path(models), folders, metrics.values(), systems)
    folder = Path(out) if out is not None else default_out(Path(models))
    return Evaluation(plan, folder, trust, progress or Progress(), where or Where())


def _chosen(only: Sequence[str]) -> dict[str, Metric]:
    try:
        return {name: metric(name) for name in only} or all_metrics()
    except MetricError as error:
        raise ConfigError(str(error)) from error


def default_out(models: Path) -> Path:
    """Where a run goes if nothing else is said."""
    return Path("runs") / models.resolve().name


@dataclass(frozen=True)
class Evaluation:
    """A run that is decided and not yet computed."""

    plan: Plan
    folder: Path
    is_trusted: bool
    progress: Progress
    where: Where

    def run(self) -> Run:
        """Compute what is missing and write the tables.

        Raises:
            DataError: the run folder cannot be written.
        """
        started = time.perf_counter()
        with Store(self.folder) as store, self.engine() as engine:
            states, jobs = self.jobs(store)
            rendered = self.renderings(store).render_all(jobs, states, engine)
            scoring = self.scoring(store)
            scores = scoring.score_all(rendered, engine)
            sets = self.set_scoring(store).score_all(rendered, engine)
            table = score_table(jobs, self.plan, scores, sets)
            levels = ChanceLevels(scoring).measure_all(rendered, engine)
            board = self._board(table, states, levels, sets)
            run = Run(self.folder, table, board, _failures(rendered))
            write_tables(self.folder, run.scores, run.leaderboard)
            seconds = time.perf_counter() - started
            write_manifest(
                self.folder,
                self.plan,
                states,
                rendered,
                engine=self.where.engine,
                devices=engine.devices(),
                seconds=seconds,
            )
            write_report(self.folder)
            store.finish()
        return run

    def run_shard(self, shard: Shard) -> Part:
        """Compute what is missing of a shard, without tables.

        Raises:
            DataError: the run folder cannot be written.
        """
        with Store(self.folder, shard.name) as store, self.engine() as engine:
            states, jobs = self.jobs(store)
            rendered = self.renderings(store).render_all(shard.own(jobs), states, engine)
            scores = self.scoring(store).score_all(rendered, engine)
        failed = sum(outcome.status == "failed" for outcome in scores.values())
        return Part(self.folder, len(rendered), len(scores), failed)

    def jobs(self, store: Records) -> tuple[list[ItemState], list[Job]]:
        """Every item and every rendering of the run."""
        for warning in self.plan.warnings():
            self.progress.warn(warning)
        states = check_items(self.plan, store, self.progress)
        return states, self.plan.jobs(states)

    def renderings(self, store: Records) -> Renderings:
        """The first half of the run."""
        return Renderings(self.folder, store, self.progress, self.is_trusted)

    def scoring(self, store: Records) -> Scoring:
        """The second half of the run."""
        return Scoring(store, self.progress, self.plan.pair_metrics)

    def set_scoring(self, store: Records) -> SetScoring:
        """What is measured of whole datasets, after all of their items."""
        return SetScoring(Shelf(self.folder, store), self.progress, self.plan.set_metrics)

    def engine(self) -> AbstractContextManager[Engine]:
        """What does the work; the store is open."""
        return open_engine(
            self.where.engine, self.folder, self.plan.pair_metrics, self.where.workers
        )

    def _board(
        self, table: pd.DataFrame, states: Sequence[ItemState], levels: Levels, sets: SetScores
    ) -> pd.DataFrame:
        groups = {state.item.id: f"{state.dataset.name}/{state.item.group}" for state in states}
        baselines = {dataset.name: dataset.baseline for dataset in self.plan.datasets}
        board = with_contenders(leaderboard(table, groups, baselines), table, groups)
        keys = zip(board["system"], board["metric"], strict=True)
        chance = pd.Series([levels.get(key) for key in keys], board.index, dtype="Float64")
        return with_sets(board.assign(chance=chance), table, sets, groups, baselines)


def _failures(rendered: Sequence[Rendered]) -> tuple[str, ...]:
    return tuple(
        f"{one.job.model.name}, {one.job.item}: {one.reason}"
        for one in rendered
        if one.reason and not one.job.state.is_scored
    )
