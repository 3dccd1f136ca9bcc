"""Threads that take tasks in turn; all answers come to the thread that asked for them."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator, Sequence

from .interface import Answer, Task

Hand = Callable[[Task], Iterator[Answer]]
_Found = Answer | BaseException | None  # None: a hand has nothing left to do


def gather(
    tasks: Sequence[Task], hands: Sequence[Hand], stop: Callable[[], None]
) -> Iterator[Answer]:
    """What the hands find, as they find it.

    Args:
        tasks: handed out in order.
        hands: each performs one task at a time, in a thread of its own.
        stop: makes every hand give up; called when one raises, or nobody wants more answers.
    """
    waiting: queue.SimpleQueue[Task] = queue.SimpleQueue()
    for task in tasks:
        waiting.put(task)
    found: queue.SimpleQueue[_Found] = queue.SimpleQueue()
    threads = [
        threading.Thread(target=_work, args=(hand, waiting, found), name=f"hand-{number}")
        for number, hand in enumerate(hands[: len(tasks)])
    ]
    for thread in threads:
        thread.start()
    try:
        yield from _answers(found, len(threads))
    except BaseException:  # also GeneratorExit and KeyboardInterrupt: no thread may be left
        while not waiting.empty():
            waiting.get()
        stop()
        raise
    finally:
        for thread in threads:
            thread.join()


def _answers(found: queue.SimpleQueue[_Found], busy: int) -> Iterator[Answer]:
    while busy:
        one = found.get()
        if one is None:
            busy -= 1
        elif isinstance(one, Answer):
            yield one
        else:
            raise one


def _work(hand: Hand, waiting: queue.SimpleQueue[Task], found: queue.SimpleQueue[_Found]) -> None:
    try:
        while True:
            try:
                task = waiting.get_nowait()
            except queue.Empty:
                break
            for answer in hand(task):
                found.put(answer)
    except BaseException as error:  # raised again where the answers are read
        found.put(error)
    found.put(None)
