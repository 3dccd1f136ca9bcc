"""First half of a run: every system renders its items; what is stored is not rendered again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from earwitness.stimuli.errors import DataError

from .engine import Engine, keep
from .inputs import ItemState
from .model_folder import ModelFolder
from .outputs import remove_rendering, rendering_digest
from .plan import Job
from .progress import Progress
from .render_task import RenderTask
from .store import Record, Records
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

    def render_all(
        self, jobs: Sequence[Job], states: Sequence[ItemState], engine: Engine
    ) -> list[Rendered]:
        """One result per job, in order; a failure is a result with a reason.

        Args:
            jobs: what to render.
            states: every item of the run; systems are fitted on them.
            engine: where it is done.

        Raises:
            DataError: the run folder cannot be written.
        """
        known = self.known(jobs)
        missing = {job.key: job for job in jobs if known[job.key] is None}
        self.progress.begin("render", len(missing))
        self.progress.share("render", Counter(job.model.name for job in missing.values()))
        known |= {key: self._refused(job) for key, job in missing.items()}
        left = [job for key, job in missing.items() if known[key] is None]
        for answer in engine.render(self._tasks(left, states, engine.renderers)):
            keep(answer, self.store, self.progress)
            known |= {key: _of(missing[key], record) for key, record in answer.records.items()}
        return [rendered for job in jobs if (rendered := known[job.key])]

    def _known(self, job: Job) -> Rendered | None:
        """What an earlier run left, if it still lies there unchanged."""
        record = self.store.get(job.key)
        if record is None:
            return None
        rendered = _of(job, record)
        if rendered.reason:
            is_current = record["attempt"] == self.store.attempt
        else:
            is_current = rendered.digest == rendering_digest(self.run, job, rendered.stems)
        return rendered if is_current else None

    def _refused(self, job: Job) -> Rendered | None:
        """A job that no system is asked for; not stored, as the reason may be mended any time."""
        is_refused = needs_trust(job.model) and not self.is_trusted
        reason = job.state.reason or (UNTRUSTED if is_refused else "")
        if not reason:
            return None
        remove_rendering(self.run, job)
        self.progress.rendered(job.model.name, job.item, reason, 0.0)
        return Rendered(job, "", (), reason)

    def _tasks(
        self, jobs: Sequence[Job], states: Sequence[ItemState], renderers: int
    ) -> list[RenderTask]:
        """The jobs by system and dataset, each divided if there are more renderers than those.

        Groups of two datasets that share a name are different groups.
        """
        by_system = groupby(jobs, key=lambda job: (job.model.name, job.state.dataset.name))
        parts = [list(own) for _, own in by_system]
        share = -(-renderers // max(1, len(parts)))
        return [
            RenderTask(tuple(some), _fit_states(some[0], states), log)
            for own in parts
            for log in [self._empty_log(own[0].model, own[0].state)]
            for some in _divided(own, share)
        ]

    def _empty_log(self, model: ModelFolder, state: ItemState) -> Path:
        """A log file for what the model prints."""
        log = self.run / "logs" / f"{model.name}-{state.dataset.name}.log"
        try:
            log.parent.mkdir(exist_ok=True)
            log.write_bytes(b"")
        except OSError as error:
            raise DataError(f"{log}: cannot be written ({error.strerror})") from error
        return log.resolve()


def _of(job: Job, record: Record) -> Rendered:
    return Rendered(job, record["digest"], tuple(record["stems"]), record["reason"])


def _fit_states(job: Job, states: Sequence[ItemState]) -> tuple[ItemState, ...]:
    of_dataset = (state for state in states if state.dataset is job.state.dataset)
    return tuple(of_dataset) if job.model.file.fit else ()


def _divided(jobs: Sequence[Job], share: int) -> Iterator[list[Job]]:
    """Up to `share` parts of about the same length, the jobs of a group together and in order."""
    ordered = sorted(jobs, key=lambda job: job.state.item.group)
    part: list[Job] = []
    for _, group in groupby(ordered, key=lambda job: job.state.item.group):
        if part and len(part) >= len(jobs) / share:
            yield part
            part = []
        part += group
    yield part
