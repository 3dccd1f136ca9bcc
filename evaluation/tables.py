"""The tables of a run on disk: written whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

import pandas as pd

from earwitness.stimuli.errors import DataError
from earwitness.stimuli.schema import SCORES, conform

from .latex import leaderboard_latex
from .metrics.metric import Metric
from .plan import Job, Plan
from .score import Scores
from .sets.scores import SetScores
from .sets.standing import set_rows


def score_table(
    jobs: Sequence[Job], plan: Plan, scores: Scores, of_sets: SetScores
) -> pd.DataFrame:
    """The table `SCORES`: exactly one row for each system, test item of its tasks, and metric.

    A metric of whole sets has one row for each system and dataset instead.
    """
    of_items = {**scores, **of_sets.items}
    metrics = [metric for metric in plan.metrics if metric.facts.needs != "set"]
    scored = [job for job in jobs if job.state.is_scored]
    rows = [_row(job, metric, of_items) for job in scored for metric in metrics]
    rows += set_rows(scored, plan.set_metrics, of_sets)
    return conform(pd.DataFrame(rows, columns=SCORES.names), SCORES)


def _row(job: Job, metric: Metric, scores: Scores) -> dict[str, object]:
    outcome = scores[job.model.name, job.item, metric.facts.id]
    return {
        "system": job.model.name,
        "role": job.model.file.role,
        "task": job.state.dataset.task,
        "dataset": job.state.dataset.name,
        "item": job.item,
        "metric": metric.facts.id,
        "value": outcome.value,
        "unit": metric.facts.unit,
        "direction": metric.facts.direction,
        "status": outcome.status,
        "reason": outcome.reason,
        "seconds": outcome.seconds,
    }


def write_tables(run: Path, scores: pd.DataFrame, board: pd.DataFrame) -> None:
    """Write `scores.parquet`, `scores.csv`, `leaderboard.csv` and `leaderboard.tex`.

    Raises:
        DataError: the run folder cannot be written.
    """
    write_whole(run / "scores.parquet", lambda path: scores.to_parquet(path, index=False))
    write_whole(run / "scores.csv", lambda path: scores.to_csv(path, index=False))
    write_whole(run / "leaderboard.csv", lambda path: board.to_csv(path, index=False))
    text = leaderboard_latex(scores, board)
    write_whole(run / "leaderboard.tex", lambda path: path.write_text(text, encoding="utf-8"))


def write_whole(path: Path, write: Callable[[Path], object]) -> None:
    """Write a file so that `path` never holds a part of it (temporary file + rename).

    Raises:
        DataError: the file cannot be written.
    """
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        write(partial)
        partial.replace(path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise DataError(f"{path}: cannot be written ({error.strerror})") from error
