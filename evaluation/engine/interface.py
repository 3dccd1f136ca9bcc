"""What travels between a run and the processes that work for it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, Self

from ..progress import Progress
from ..store import Record, Records
from .bench import Bench

EngineName = Literal["local", "ray"]


@dataclass(frozen=True)
class Answer:
    """What became known.

    Attributes:
        records: for the store, by content key.
        events: told to the progress once the records are stored; `operator.methodcaller`s, which
            can travel.
    """

    records: Mapping[str, Record]
    events: tuple[Callable[[Progress], object], ...]


class Task(Protocol):
    """A piece of work that can be done in any process that sees the same folders."""

    def perform(self, bench: Bench) -> Iterator[Answer]:
        """Do it; each answer is complete in itself."""
        ...

    def without(self, known: Collection[str]) -> Self:
        """What is left of it once the records of these keys are known."""
        ...


@dataclass(frozen=True)
class Device:
    """What metrics were computed on."""

    type: str
    name: str


class Engine(Protocol):
    """Performs tasks, in any order; answers come as they are found."""

    @property
    def renderers(self) -> int:
        """How many models render at once."""
        ...

    @property
    def scorers(self) -> int:
        """How many processes score at once."""
        ...

    def render(self, tasks: Sequence[Task]) -> Iterator[Answer]:
        """Perform tasks that mostly wait for processes of their own."""
        ...

    def compute(self, tasks: Sequence[Task]) -> Iterator[Answer]:
        """Perform tasks that need the device."""
        ...

    def devices(self) -> list[Device]:
        """What `compute` works on, one for each scorer."""
        ...

    def close(self) -> None:
        """End everything that was started."""
        ...


def keep(answer: Answer, store: Records, progress: Progress) -> None:
    """Store an answer, then tell of it.

    Raises:
        DataError: the run folder cannot be written.
    """
    store.put({key: {**one, "attempt": store.attempt} for key, one in answer.records.items()})
    for tell in answer.events:
        tell(progress)
