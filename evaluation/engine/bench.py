"""One process that performs tasks: its device, its cores, and what it must end when it stops."""

from __future__ import annotations

import multiprocessing
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import torch

from ..metrics.metric import Metric
from ..processes import end_with_parent


class Killable(Protocol):
    """Something that hangs at most until it is killed."""

    def kill(self) -> None:
        """End it at once, from whatever thread."""
        ...


class Bench:
    """What tasks find where they are performed.

    Attributes:
        run: the run folder.
        metrics: by id.
        device: torch's name of the device.
        model_threads: threads that the code of one model should use.
    """

    def __init__(
        self,
        run: Path,
        metrics: Mapping[str, Metric],
        *,
        device: str,
        cores: int,
        model_threads: int,
    ) -> None:
        self.run = run
        self.metrics = metrics
        self.device = device
        self.model_threads = model_threads
        self._cores = cores
        self._pool: ProcessPoolExecutor | None = None
        self._running: set[Killable] = set()
        self._lock = threading.Lock()
        self.is_stopped = False

    def pool(self) -> ProcessPoolExecutor:
        """Processes for metrics that exist as C code only, one a core, started when first asked."""
        if self._pool is None:
            context = multiprocessing.get_context("spawn")
            self._pool = ProcessPoolExecutor(
                self._cores, mp_context=context, initializer=end_with_parent
            )
        return self._pool

    @contextmanager
    def running(self, one: Killable) -> Iterator[None]:
        """For as long as it runs, `stop` kills it."""
        with self._lock:
            self._running.add(one)
        try:
            yield
        finally:
            with self._lock:
                self._running.discard(one)

    def stop(self) -> None:
        """End what runs, from another thread; tasks give up at their next step."""
        self.is_stopped = True
        with self._lock:
            for one in self._running:
                one.kill()

    def close(self) -> None:
        """End the processes of the pool."""
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)


def choose_device() -> str:
    """`cuda` where there is one, else `cpu`; TF32 off, so that both agree."""
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False
    return "cuda" if torch.cuda.is_available() else "cpu"
