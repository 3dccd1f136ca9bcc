"""C-only metrics in worker processes: what travels, how it is run, what a crash becomes.

A worker imports only the metric's own module, so it starts without torch. When C code takes a
worker down, the pool's other work is repeated in processes of its own, so that only the pair that
crashes it fails.
"""

from __future__ import annotations

import functools
import importlib
import multiprocessing
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from .facts import Unscorable

Answer = tuple[float | None, str, float]  # value, reason ("" when there is a value), seconds
Pending = Callable[[], Answer]


@dataclass(frozen=True, eq=False)
class Work:
    """One pair for one metric, found in the worker by `source` = `module:name`.

    Samples travel and wait as they are; the metric gets float64.
    """

    source: str
    estimate: npt.NDArray[np.floating[Any]]
    reference: npt.NDArray[np.floating[Any]]
    rate: int


def submit(work: Work, pool: ProcessPoolExecutor | None) -> Pending:
    """Start the work; the result is called for once everything has been started."""
    if pool is None:
        answer = run(work)
        return lambda: answer
    try:
        future = pool.submit(run, work)
    except BrokenProcessPool:
        return functools.partial(_alone, work)

    def collect() -> Answer:
        try:
            return future.result()
        except BrokenProcessPool:
            return _alone(work)

    return collect


def run(work: Work) -> Answer:
    """Compute one value in this process."""
    started = time.perf_counter()
    value, reason = None, ""
    try:
        sides = (np.asarray(one, np.float64) for one in (work.estimate, work.reference))
        estimate, reference = sides
        compute = _function(work.source)
        value = float(compute(estimate=estimate, reference=reference, rate=work.rate))
    except Unscorable as missing:
        reason = str(missing)
    except Exception as error:  # a metric of another package may raise anything
        reason = f"the metric raised {type(error).__name__}: {error}"
    return value, reason, time.perf_counter() - started


def _function(source: str) -> Callable[..., Any]:
    module, name = source.split(":")
    compute: Callable[..., Any] = getattr(importlib.import_module(module), name).compute
    return compute


def _alone(work: Work) -> Answer:
    """Run the work in a process of its own, whose death concerns nobody else."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(max_workers=1, mp_context=context) as pool:
        try:
            return pool.submit(run, work).result()
        except BrokenProcessPool:
            return None, "the worker process died (a crash in C code or out of memory)", 0.0
