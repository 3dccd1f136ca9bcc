"""First half of a run: every system renders its items; what is stored is not rendered again."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from earwitness.stimuli.errors import DataError, ModelError

from .adapters import Renderer, adapter_of
from .adapters.interface import ItemInputs
from .contract import check_rendering
from .inputs import ItemState, item_inputs
from .isolated import IsolatedSystem
from .outputs import remove_rendering, rendering_digest, write_rendering
from .plan import Job, fit_examples
from .progress import Progress
from .store import Records
from .trust import needs_trust

UNTRUSTED = "needs --trust: its code would run on this machine"


@dataclass(frozen=True)
class Rendered:
    """What came of a job: the digest of its files in the run, or the reason why there are none."""

    job: Job
    digest: str
    stems: tuple[str, ...]
    reason: str


@dataclass(frozen=True)
class Renderings:
    """Renders what is missing in a run folder."""

    run: Path
    store: Records
    progress: Progress
    is_trusted: bool

    def known(self, jobs: Sequence[Job]) -> dict[str, Rendered | None]:
        """What an earlier run left of each job, by its key; None for what is to be rendered."""
        return {job.key: self._known(job) for job in jobs}

    def render_all(self, jobs: Sequence[Job], states: Sequence[ItemState]) -> list[Rendered]:
        """One result per job, in order; a failure is a result with a reason.

        Args:
            jobs: what to render.
            states: every item of the run; systems are fitted on them.

        Raises:
            DataError: the run folder cannot be written.
        """
        known = self.known(jobs)
        missing = [job for job in jobs if known[job.key] is None]
        self.progress.begin("render", len(missing))
        # One worker a dataset: groups of two datasets that share a name are different groups.
        for _, own in groupby(missing, key=lambda job: (job.model.name, job.state.dataset.name)):
            known |= {one.job.key: one for one in self._render_system(list(own), states)}
        return [rendered for job in jobs if (rendered := known[job.key])]

    def _known(self, job: Job) -> Rendered | None:
        """What an earlier run left, if it still lies there unchanged."""
        record = self.store.get(job.key)
        if record is None:
            return None
        stems = tuple(record["stems"])
        if record["reason"]:
            is_current = record["attempt"] == self.store.attempt
        else:
            is_current = record["digest"] == rendering_digest(self.run, job, stems)
        return Rendered(job, record["digest"], stems, record["reason"]) if is_current else None

    def _render_system(self, jobs: list[Job], states: Sequence[ItemState]) -> Iterator[Rendered]:
        """Missing jobs of one system and dataset, by group so that it is fitted once for each."""
        with self._open(jobs[0], states) as system:
            for job in sorted(jobs, key=lambda job: job.state.item.group):
                started = time.perf_counter()
                rendered = self._render(system, job)
                seconds = time.perf_counter() - started
                if system is not None and not job.state.reason:
                    self._keep(rendered, seconds)
                self.progress.rendered(job.model.name, job.item, rendered.reason, seconds)
                yield rendered

    @contextmanager
    def _open(self, job: Job, states: Sequence[ItemState]) -> Iterator[Renderer | None]:
        """The system, or None where it is not trusted."""
        model = job.model
        if needs_trust(model) and not self.is_trusted:
            yield None
        elif not adapter_of(model).is_isolated:
            yield adapter_of(model).load(model)
        else:
            system = IsolatedSystem(model, self._log(job), lambda inputs: _examples(inputs, states))
            try:
                yield system
            finally:
                system.close()

    def _log(self, job: Job) -> Path:
        """An empty log file for what the model prints."""
        log = self.run / "logs" / f"{job.model.name}-{job.state.dataset.name}.log"
        try:
            log.parent.mkdir(exist_ok=True)
            log.write_bytes(b"")
        except OSError as error:
            raise DataError(f"{log}: cannot be written ({error.strerror})") from error
        return log

    def _render(self, system: Renderer | None, job: Job) -> Rendered:
        if job.state.reason or system is None:
            remove_rendering(self.run, job)
            return Rendered(job, "", (), job.state.reason or UNTRUSTED)
        try:
            inputs = _inputs(job.state, with_reference=job.model.gets_reference)
            rendering = system.render(inputs)
            check_rendering(rendering, job.state)
        except (ModelError, DataError) as error:
            remove_rendering(self.run, job)
            return Rendered(job, "", (), str(error))
        write_rendering(self.run, job, rendering)
        stems = tuple(sorted(rendering.stems))
        return Rendered(job, rendering_digest(self.run, job, stems), stems, "")

    def _keep(self, rendered: Rendered, seconds: float) -> None:
        """Store a result; a broken item or missing trust is none, as either may be mended."""
        record = {
            "digest": rendered.digest,
            "stems": list(rendered.stems),
            "reason": rendered.reason,
            "attempt": self.store.attempt,
            "system": rendered.job.model.name,
            "seconds": round(seconds, 6),
        }
        self.store.put({rendered.job.key: record})


def _inputs(state: ItemState, *, with_reference: bool) -> ItemInputs:
    return item_inputs(state.dataset, state.item, with_reference=with_reference)


def _examples(inputs: ItemInputs, states: Sequence[ItemState]) -> list[ItemInputs]:
    """The items that a model is fitted on before it renders this one, with their references."""
    [own] = [state for state in states if state.item.id == inputs.item]
    return [_inputs(other, with_reference=True) for other in fit_examples(own, states)]
