"""The engine of a cluster: Ray actors on one or many hosts, each a bench of its own.

Where the cluster has GPUs there is one actor for each, with its share of the cores; else one for
each core. All hosts must see the same files under the same names: models, datasets, run folder and
Python environment (a shared file system, as clusters have).
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from earwitness.stimuli.errors import DataError, EarwitnessError

from ..metrics.metric import Metric
from .crew import Hand, gather
from .interface import Answer, Device, Task
from .ray_worker import Setup, Worker

READY_WITHIN_S = 300.0  # an actor imports torch, perhaps from a slow file system
TRIES = 2  # of a task whose actor is lost
INSTALL = "--engine ray needs Ray, which is not installed: pip install 'earwitness[ray]'"
AGAIN = "run the same command again: it goes on where it was"


def open_cluster(run: Path, metrics: Sequence[Metric]) -> RayEngine:
    """Join the cluster of this host (or `RAY_ADDRESS`), or start one on this host alone.

    Raises:
        EarwitnessError: Ray is not installed, cannot be reached or has nothing free.
    """
    # Ray would otherwise report its use over the network, and print advice about its future.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    try:
        import ray
    except ImportError as error:
        raise EarwitnessError(INSTALL) from error
    is_ours = not ray.is_initialized()
    if is_ours:
        try:
            ray.init(include_dashboard=False, log_to_driver=False, logging_level=logging.ERROR)
        except (ConnectionError, RuntimeError, ValueError, OSError) as error:
            text = " ".join(str(error).split())
            raise EarwitnessError(
                f"--engine ray: the cluster cannot be reached ({text})"
            ) from error
    # Else Ray prints about lost workers on standard output, into the lines of --json.
    ray._private.worker._worker_logs_enabled = False
    return RayEngine(ray, Setup.of(run, metrics), is_ours)


class RayEngine:
    """Hands tasks to actors; an actor that is lost is replaced, and its task goes on."""

    def __init__(self, ray: Any, setup: Setup, is_ours: bool) -> None:
        self._ray = ray
        self._setup = setup
        self._is_ours = is_ours
        self._count, self._needs = _placement(ray.nodes(), ray.available_resources())
        self._actors: list[Any] = []
        self._devices: list[Device] = []
        self._is_stopped = False

    @property
    def renderers(self) -> int:
        return self._count

    @property
    def scorers(self) -> int:
        return self._count

    def render(self, tasks: Sequence[Task]) -> Iterator[Answer]:
        return self.compute(tasks)

    def compute(self, tasks: Sequence[Task]) -> Iterator[Answer]:
        if not tasks:
            return iter(())
        if not self._actors:
            self._start()
        hands = [self._hand(place) for place in range(len(self._actors))]
        return gather(tasks, hands, self._stop)

    def devices(self) -> list[Device]:
        return self._devices

    def close(self) -> None:
        self._stop()
        if self._is_ours:
            self._ray.shutdown()

    def _start(self) -> None:
        """Actors that come up within the time; those that find no room are given up."""
        actors = [self._new() for _ in range(self._count)]
        told = {actor.describe.remote(): actor for actor in actors}
        ready, late = self._ray.wait([*told], num_returns=len(told), timeout=READY_WITHIN_S)
        for answer in late:
            self._ray.kill(told[answer])
        self._actors = [told[answer] for answer in ready]
        if not ready:
            self._actors = actors
            raise EarwitnessError("--engine ray: no worker came up; look at `ray status`")
        self._devices = self._get(ready)

    def _new(self) -> Any:
        return self._ray.remote(**self._needs)(Worker).remote(self._setup)

    def _hand(self, place: int) -> Hand:
        def perform(task: Task) -> Iterator[Answer]:
            known: set[str] = set()
            for left in reversed(range(TRIES)):
                try:
                    method = self._actors[place].perform.options(num_returns="streaming")
                    for reference in method.remote(task.without(known)):
                        answer: Answer = self._get(reference)
                        known.update(answer.records)
                        yield answer
                    return
                except self._ray.exceptions.RayActorError as error:
                    if self._is_stopped:
                        return
                    if not left:
                        text = " ".join(str(error).split())[:300]
                        raise DataError(f"a Ray worker was lost twice ({text}); {AGAIN}") from error
                    self._actors[place] = self._new()

        return perform

    def _get(self, references: Any) -> Any:
        """What actors gave back; what they raised, as it was raised there."""
        try:
            return self._ray.get(references)
        except self._ray.exceptions.RayTaskError as error:
            raise (error.cause if isinstance(error.cause, EarwitnessError) else error) from error

    def _stop(self) -> None:
        """End the actors; whoever waits for one gives up."""
        self._is_stopped = True
        for actor in self._actors:
            self._ray.kill(actor)


def _placement(
    nodes: Sequence[dict[str, Any]], free: dict[str, float]
) -> tuple[int, dict[str, float]]:
    """(number of actors, what each one takes) on the hosts that are alive.

    Raises:
        EarwitnessError: nothing is free.
    """
    hosts = [node["Resources"] for node in nodes if node["Alive"]]
    gpus, cpus = int(free.get("GPU", 0)), int(free.get("CPU", 0))
    if gpus:
        shares = (own.get("CPU", 0.0) // own["GPU"] for own in hosts if own.get("GPU"))
        cores = max(1.0, min(shares, default=1.0))
        return gpus, {"num_gpus": 1.0, "num_cpus": cores}
    if not cpus:
        raise EarwitnessError("--engine ray: the cluster has no free core; look at `ray status`")
    return cpus, {"num_cpus": 1.0}
