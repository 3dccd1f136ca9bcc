"""A system that runs code: its worker process, restarted when lost, and fitted group by group."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from earwitness.stimuli.errors import ModelError

from .adapters.interface import ItemInputs, Rendering
from .model_folder import ModelFolder
from .worker import Worker, WorkerLostError

Examples = Callable[[ItemInputs], Sequence[ItemInputs]]


@dataclass(eq=False)
class IsolatedSystem:
    """Renders in a worker process; ready for the next item whatever the last one did.

    Attributes:
        model: the model folder.
        log: where its output goes.
        examples: the items to fit on before an item is rendered (leave one group out).
        threads: that its code should use for one operation.
    """

    model: ModelFolder
    log: Path
    examples: Examples
    threads: int = 1
    _worker: Worker | None = None
    _ready_for: str | None = None
    _failed: dict[str, ModelError] = field(default_factory=dict)
    _is_killed: bool = False

    def render(self, inputs: ItemInputs) -> Rendering:
        """Render one item, after fitting to the other groups if the model asks for it.

        Raises:
            ModelError: the model raises, hangs, ends its process, or returns no `Rendering`; for
                a model that failed to load or fit, the same for every item that needs it.
        """
        fold = inputs.group if self.model.file.fit else ""
        if fold in self._failed:
            raise self._failed[fold]
        try:
            if self._worker is None or self._ready_for != fold:
                self._make_ready(fold, inputs)
            assert self._worker is not None
            return self._worker.render(inputs)
        except WorkerLostError:
            self.close()
            raise

    def close(self) -> None:
        """End the worker process."""
        if self._worker is not None:
            self._worker.close()
        self._worker, self._ready_for = None, None

    def kill(self) -> None:
        """End the worker process from another thread; whoever waits for it gets a ModelError."""
        self._is_killed = True
        if (worker := self._worker) is not None:
            worker.kill()

    def _make_ready(self, fold: str, inputs: ItemInputs) -> None:
        self._ready_for = None
        try:
            if self._worker is None:
                self._worker = Worker(self.model, self.log, self.threads)
                if self._is_killed:  # while the process came up
                    self._worker.kill()
            self._worker.load()
            if self.model.file.fit:
                self._worker.fit(self._others(inputs))
        except ModelError as error:
            self._failed[fold] = error
            raise
        self._ready_for = fold

    def _others(self, inputs: ItemInputs) -> Sequence[ItemInputs]:
        examples = self.examples(inputs)
        if not examples:
            raise ModelError("leave-one-group-out needs items of at least one other group")
        return examples
