"""The engine of one machine: models render in child processes, this process scores."""

from __future__ import annotations

import platform
from collections.abc import Iterator, Sequence

import torch

from .bench import Bench
from .crew import gather
from .interface import Answer, Device, Task

MAX_RENDERERS = 4  # each holds a model in memory


class LocalEngine:
    """Several models render at once; metrics are computed by this process and its pool.

    Rendering ends before scoring begins: only then all systems of an item can share what is
    computed from its reference, which saves more than an overlap could where both use the cores.
    """

    scorers = 1

    def __init__(self, bench: Bench, renderers: int) -> None:
        self._bench = bench
        self.renderers = renderers

    def render(self, tasks: Sequence[Task]) -> Iterator[Answer]:
        hands = [lambda task: task.perform(self._bench)] * self.renderers
        return gather(tasks, hands, self._bench.stop)

    def compute(self, tasks: Sequence[Task]) -> Iterator[Answer]:
        for task in tasks:
            yield from task.perform(self._bench)

    def devices(self) -> list[Device]:
        return [device_of(self._bench.device)]

    def close(self) -> None:
        self._bench.close()


def default_renderers(device: str, cores: int) -> int:
    """As many models as there are cores, a few at most; one where they would share a GPU."""
    return 1 if device == "cuda" else min(cores, MAX_RENDERERS)


def device_of(kind: str) -> Device:
    """A device with the name of its maker."""
    return Device(kind, torch.cuda.get_device_name() if kind == "cuda" else platform.processor())
