"""One system renders some items of one dataset, wherever the engine lets it."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from operator import methodcaller
from pathlib import Path
from typing import Self

from earwitness.stimuli.errors import DataError, ModelError

from .adapters import Renderer, adapter_of
from .adapters.interface import ItemInputs
from .contract import check_rendering
from .engine import Answer, Bench
from .inputs import ItemState, item_inputs
from .isolated import IsolatedSystem
from .outputs import remove_rendering, rendering_digest, write_rendering
from .plan import Job, fit_examples
from .store import Record


@dataclass(frozen=True)
class RenderTask:
    """Jobs of one system and dataset; those of one group together, as it is fitted for each.

    Attributes:
        jobs: what to render.
        states: the items of the dataset that the system is fitted on; empty if it is not.
        log: the file for what the model prints; other tasks may write to it too.
    """

    jobs: tuple[Job, ...]
    states: tuple[ItemState, ...]
    log: Path

    def perform(self, bench: Bench) -> Iterator[Answer]:
        """An answer for each job, under its key; a failure is a record with a reason.

        Raises:
            DataError: the run folder cannot be written.
        """
        with self._opened(bench) as system:
            for job in self.jobs:
                if bench.is_stopped:
                    return
                started = time.perf_counter()
                record = _render(bench.run, system, job)
                seconds = round(time.perf_counter() - started, 6)
                about = (job.model.name, job.item, record["reason"], seconds)
                yield Answer(
                    {job.key: {**record, "system": job.model.name, "seconds": seconds}},
                    (methodcaller("rendered", *about),),
                )

    def without(self, known: Collection[str]) -> Self:
        """The jobs that are left."""
        return replace(self, jobs=tuple(job for job in self.jobs if job.key not in known))

    @contextmanager
    def _opened(self, bench: Bench) -> Iterator[Renderer]:
        model = self.jobs[0].model
        if not adapter_of(model).is_isolated:
            yield adapter_of(model).load(model)
            return
        system = IsolatedSystem(model, self.log, self._examples, bench.model_threads)
        try:
            with bench.running(system):
                yield system
        finally:
            system.close()

    def _examples(self, inputs: ItemInputs) -> list[ItemInputs]:
        """The items that a model is fitted on before it renders this one, with their references."""
        [own] = [state for state in self.states if state.item.id == inputs.item]
        return [_inputs(other, with_reference=True) for other in fit_examples(own, self.states)]


def _render(run: Path, system: Renderer, job: Job) -> Record:
    try:
        inputs = _inputs(job.state, with_reference=job.model.gets_reference)
        rendering = system.render(inputs)
        check_rendering(rendering, job.state)
    except (ModelError, DataError) as error:
        remove_rendering(run, job)
        return {"digest": "", "stems": [], "reason": str(error)}
    write_rendering(run, job, rendering)
    stems = sorted(rendering.stems)
    return {"digest": rendering_digest(run, job, stems), "stems": stems, "reason": ""}


def _inputs(state: ItemState, *, with_reference: bool) -> ItemInputs:
    return item_inputs(state.dataset, state.item, with_reference=with_reference)
