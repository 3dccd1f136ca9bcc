"""`evaluate --dry-run`: what a run would compute, and about how long that takes."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from earwitness.stimuli.audio import Signal
from earwitness.stimuli.errors import DataError

from .engine import choose_device, default_renderers
from .inputs import ItemState
from .metrics import score_pairs
from .metrics.facts import Pair
from .metrics.metric import Metric
from .plan import Job
from .processes import usable_cores
from .run import Evaluation
from .store import Records

TRIAL_S = 4.0  # of an item, scored to learn what its dataset's metrics cost


@dataclass(frozen=True)
class SystemForecast:
    """What is left to do for one system.

    Attributes:
        renderings: items to render.
        scores: scores to compute, of new and of earlier renderings.
        rendering_s: how long the renderings take; None if it never rendered in this run folder.
    """

    system: str
    renderings: int
    scores: int
    rendering_s: float | None


@dataclass(frozen=True)
class Forecast:
    """What a run would compute; `scoring_s` is measured on this machine, from a few seconds of
    one item of each dataset. `renderers` models render at once."""

    systems: tuple[SystemForecast, ...]
    items: int
    metrics: int
    scoring_s: float
    renderers: int

    @property
    def rendering_s(self) -> float:
        """Time for the renderings of the systems that were timed before."""
        return math.fsum(one.rendering_s or 0.0 for one in self.systems) / self.renderers

    @property
    def untimed(self) -> list[str]:
        """Systems with renderings whose time nobody knows."""
        return [one.system for one in self.systems if one.renderings and one.rendering_s is None]


def forecast(evaluation: Evaluation) -> Forecast:
    """Look at the run without changing anything in its folder.

    Raises:
        DataError: the run folder cannot be read.
    """
    records = Records(evaluation.folder)
    states, jobs = evaluation.jobs(records)
    known = evaluation.renderings(records).known(jobs)
    missing = {job.key for job in jobs if known[job.key] is None and not job.state.reason}
    done = [one for one in known.values() if one and one.job.state.is_scored]
    left = {
        todo.rendered.job.key: todo.metrics for todo in evaluation.scoring(records).missing(done)
    }
    metrics = evaluation.plan.pair_metrics
    left |= {job.key: _applicable(job, metrics) for job in jobs if job.key in missing}
    return Forecast(
        systems=tuple(_systems(evaluation, jobs, missing, left, records.seconds())),
        items=len(states),
        metrics=len(metrics),
        scoring_s=_scoring_s([(job.state, left[job.key]) for job in jobs if left.get(job.key)]),
        renderers=evaluation.where.workers or default_renderers(choose_device(), usable_cores()),
    )


def _applicable(job: Job, metrics: Sequence[Metric]) -> tuple[Metric, ...]:
    task, is_scored = job.state.dataset.task, job.state.is_scored
    return tuple(m for m in metrics if is_scored and task in (m.facts.tasks or (task,)))


def _systems(
    evaluation: Evaluation,
    jobs: Sequence[Job],
    missing: set[str],
    left: dict[str, tuple[Metric, ...]],
    seconds: dict[str, float],
) -> Iterable[SystemForecast]:
    for model in evaluation.plan.models:
        own = [job.key for job in jobs if job.model is model]
        renderings = len(missing.intersection(own))
        scores = sum(len(left.get(key, ())) for key in own)
        if model.file.adapter == "rendered":
            seconds.setdefault(model.name, 0.0)
        each_s = seconds.get(model.name)
        yield SystemForecast(
            model.name, renderings, scores, None if each_s is None else each_s * renderings
        )


def _scoring_s(left: Sequence[tuple[ItemState, tuple[Metric, ...]]]) -> float:
    """Time for all scores: what one item of each dataset costs, times their lengths."""
    costs: dict[str, dict[str, float]] = {}
    total = 0.0
    for state, metrics in left:
        dataset = state.dataset.name
        if dataset not in costs:
            needed = {m for other, ms in left if other.dataset is state.dataset for m in ms}
            costs[dataset] = _costs(state, [*needed])
        duration_s = state.frames / state.dataset.rate
        total += duration_s * sum(costs[dataset].get(m.facts.id, 0.0) for m in metrics)
    return total


def _costs(state: ItemState, metrics: Sequence[Metric]) -> dict[str, float]:
    """Seconds that each metric takes for a second of audio."""
    try:
        pair = _trial(state)
    except DataError:
        return {}
    [outcomes] = score_pairs([pair], metrics)
    cores = usable_cores()
    return {
        metric.facts.id: outcome.seconds
        / pair.reference.duration_s
        / (cores if metric.facts.resource == "process" else 1)
        for metric, outcome in zip(metrics, outcomes, strict=True)
    }


def _trial(state: ItemState) -> Pair:
    """The middle of an item against a noisy copy."""
    dataset, item = state.dataset, state.item
    reference = _middle(dataset.reference_audio(item))
    stems = dataset.audio_inputs(item) if dataset.task == "mix" else {}
    parts = {name: _middle(stem) for name, stem in stems.items()}
    return Pair(
        system="",
        item=item.id,
        task=dataset.task,
        estimate=_noisy(reference),
        reference=reference,
        estimate_stems={name: _noisy(stem) for name, stem in parts.items()},
        reference_stems=parts,
        level_is_given=dataset.task == "mix",
    )


def _middle(signal: Signal) -> Signal:
    frames = min(signal.frames, round(TRIAL_S * signal.rate))
    start = (signal.frames - frames) // 2
    return Signal(signal.samples[:, start : start + frames], signal.rate)


def _noisy(signal: Signal) -> Signal:
    noise = np.random.default_rng(0).normal(0.0, 1e-3, signal.samples.shape)
    return Signal(signal.samples + noise.astype(np.float32), signal.rate)
