"""An engine by its name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from earwitness.stimuli.errors import ConfigError

from ..metrics.metric import Metric
from ..processes import usable_cores
from .bench import Bench, choose_device
from .interface import Engine, EngineName
from .local import LocalEngine, default_renderers


@contextmanager
def open_engine(
    name: EngineName, run: Path, metrics: Sequence[Metric], workers: int | None = None
) -> Iterator[Engine]:
    """The engine, closed at the end.

    Args:
        name: `local` or `ray`.
        run: the run folder, whose store is open.
        metrics: those of the run.
        workers: models that render at once on this machine; None decides by its cores.

    Raises:
        ConfigError: `workers` is given for a cluster, whose size decides.
        EarwitnessError: Ray is not installed, or its cluster cannot be used.
    """
    engine = _local(run, metrics, workers) if name == "local" else _ray(run, metrics, workers)
    try:
        yield engine
    finally:
        engine.close()


def _local(run: Path, metrics: Sequence[Metric], workers: int | None) -> Engine:
    device, cores = choose_device(), usable_cores()
    renderers = workers or default_renderers(device, cores)
    bench = Bench(
        run,
        {metric.facts.id: metric for metric in metrics},
        device=device,
        cores=cores,
        model_threads=max(1, cores // renderers),
    )
    return LocalEngine(bench, renderers)


def _ray(run: Path, metrics: Sequence[Metric], workers: int | None) -> Engine:
    if workers is not None:
        raise ConfigError("--workers is for --engine local; with ray the cluster's size decides")
    from .ray_cluster import open_cluster

    return open_cluster(run, metrics)
