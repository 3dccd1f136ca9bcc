"""Batches run side by side on a CPU, each in one thread."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
import torch

from earwitness.evaluation.metrics import side_by_side


@pytest.fixture
def _two_threads() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


@pytest.mark.usefixtures("_two_threads")
def test_work_keeps_its_order_and_kernels_have_one_thread_meanwhile() -> None:
    together = threading.Barrier(2, timeout=10)  # passed only if two run at once

    def work(number: int) -> tuple[int, int]:
        together.wait()
        return number, torch.get_num_threads()

    assert side_by_side.each(work, range(4), "cpu") == [(0, 1), (1, 1), (2, 1), (3, 1)]
    assert torch.get_num_threads() == 2


@pytest.mark.usefixtures("_two_threads")
def test_an_error_of_a_batch_is_raised_and_leaves_the_threads_as_they_were() -> None:
    def work(number: int) -> int:
        return 1 // number

    with pytest.raises(ZeroDivisionError):
        side_by_side.each(work, [1, 0], "cpu")
    assert torch.get_num_threads() == 2


@pytest.mark.usefixtures("_two_threads")
@pytest.mark.parametrize(
    ("total", "limit"),
    [
        (2**24, 2**22),  # enough for many full batches
        (2**21, 2**20),  # every thread has one
        (1000, side_by_side.FEWEST_SAMPLES),  # too little to divide
    ],
)
def test_batches_are_so_large_that_every_thread_has_one(total: int, limit: int) -> None:
    assert side_by_side.limit_for_all(total, 2**22, "cpu") == limit


def test_a_single_batch_runs_in_the_calling_thread() -> None:
    [thread] = side_by_side.each(lambda _: threading.current_thread(), [0], "cpu")

    assert thread is threading.current_thread()
