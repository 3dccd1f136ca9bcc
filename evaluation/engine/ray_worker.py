"""What runs in each Ray actor, on whatever host."""

from __future__ import annotations

import dataclasses
import functools
import importlib
import os
import socket
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import torch

from earwitness.stimuli.errors import DataError

from ..metrics import all_metrics
from ..metrics.facts import Facts
from ..metrics.metric import Metric
from .bench import Bench, choose_device
from .interface import Answer, Device, Task
from .local import device_of


@dataclass(frozen=True)
class Setup:
    """Everything that an actor must know of a run.

    Attributes:
        folder: where the command was called, which relative names start from.
        run: the run folder.
        attempt: of its store; an actor that reads another one does not see the same folder.
        facts: of each metric.
        modules: that register them.
        search: folders of metrics that came in files.
    """

    folder: str
    run: Path
    attempt: str
    facts: tuple[Facts, ...]
    modules: tuple[str, ...]
    search: tuple[str, ...]

    @classmethod
    def of(cls, run: Path, metrics: Sequence[Metric]) -> Self:
        """The setup of a run whose store is open."""
        modules = dict.fromkeys(metric.source.partition(":")[0] for metric in metrics)
        search = dict.fromkeys(
            str(Path(file).parent)
            for module in modules
            if "." not in module and (file := sys.modules[module].__file__)
        )
        return cls(
            folder=str(Path.cwd()),
            run=run.resolve(),
            attempt=_attempt(run),
            facts=tuple(metric.facts for metric in metrics),
            modules=tuple(modules),
            search=tuple(search),
        )

    def metrics(self) -> dict[str, Metric]:
        """The same metrics in this process.

        Raises:
            DataError: one was made where no other process can import it.
        """
        sys.path[:0] = [folder for folder in self.search if folder not in sys.path]
        for module in self.modules:
            importlib.import_module(module)
        known = all_metrics()
        for one in self.facts:
            if one.id not in known:
                raise DataError(f"metric {one.id}: put it into a file of its own, for --engine ray")
        return {one.id: dataclasses.replace(known[one.id], facts=one) for one in self.facts}


class Worker:
    """An actor: a bench that performs the tasks it is sent."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup

    def describe(self) -> Device:
        """What it works on.

        Raises:
            DataError: this host does not see the run folder.
        """
        return device_of(self._bench.device)

    def perform(self, task: Task) -> Iterator[Answer]:
        """The answers, one by one.

        Raises:
            DataError: as `describe`.
        """
        yield from task.perform(self._bench)

    @functools.cached_property
    def _bench(self) -> Bench:
        setup = self._setup
        if _attempt(setup.run) != setup.attempt:
            raise DataError(
                f"{setup.run}: host {socket.gethostname()} does not see this run folder; put run, "
                "models and datasets on a file system that all hosts share"
            )
        if Path(setup.folder).is_dir():
            os.chdir(setup.folder)
        cores = int(os.environ.get("OMP_NUM_THREADS", "1"))  # Ray sets it to the actor's share
        torch.set_num_threads(cores)
        device, metrics = choose_device(), setup.metrics()
        return Bench(setup.run, metrics, device=device, cores=cores, model_threads=cores)


def _attempt(run: Path) -> str:
    path = run / "store" / "attempt"
    return path.read_text() if path.exists() else ""
