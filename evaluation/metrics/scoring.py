"""Pairs × metrics → outcomes: always one for each, whatever is broken.

Pairs of one task, rate and channel count run as batches of similar length. C-only metrics go to
the process pool before the device starts on a batch, and are collected at the end: by then the
device may be at other pairs (`begin_scoring`).
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor

import torch
from torch import Tensor

from .batch import Batch, Gap, Scores
from .batch_size import BatchSize, first_size
from .checks import missing, unusable, unusable_stems
from .facts import Outcome, Pair
from .metric import Metric
from .side_by_side import each, limit_for_all
from .workers import Pending, Work, submit

_sizes: dict[str, BatchSize] = {}  # by device

Table = list[list[Outcome | None]]
Later = Callable[[], Outcome]


def score_pairs(
    pairs: Sequence[Pair],
    metrics: Sequence[Metric],
    *,
    device: str = "cpu",
    pool: ProcessPoolExecutor | None = None,
) -> list[list[Outcome]]:
    """Compute every metric of every pair.

    Args:
        pairs: in any order; a pair's values don't depend on the others.
        metrics: what to compute.
        device: torch's name of the device.
        pool: where C-only metrics run; without one they run here.

    Returns:
        One list per pair with one outcome per metric, in the order given.
    """
    return begin_scoring(pairs, metrics, device=device, pool=pool)()


def begin_scoring(
    pairs: Sequence[Pair],
    metrics: Sequence[Metric],
    *,
    device: str = "cpu",
    pool: ProcessPoolExecutor | None = None,
) -> Callable[[], list[list[Outcome]]]:
    """The part of `score_pairs` that the device does; the result, when called, waits for the pool.

    So the device can go on with other pairs meanwhile. Arguments: as `score_pairs`.
    """
    table: Table = [_known(pair, metrics) for pair in pairs]
    total = sum(pair.reference.samples.size for pair in pairs)
    batches = [*buckets(pairs, limit_for_all(total, batch_limit(device), device))]

    def answers(rows: list[int]) -> dict[tuple[int, int], Later]:
        return _answers(rows, pairs, metrics, table, device, pool)

    parts = each(answers, batches, device)

    def collect() -> list[list[Outcome]]:
        for part in parts:
            for (row, column), answer in part.items():
                table[row][column] = answer()
        return [[outcome for outcome in line if outcome is not None] for line in table]

    return collect


def _answers(
    rows: list[int],
    pairs: Sequence[Pair],
    metrics: Sequence[Metric],
    table: Table,
    device: str,
    pool: ProcessPoolExecutor | None,
) -> dict[tuple[int, int], Later]:
    """What is not in the table yet of the rows of a bucket: (row, column) → its outcome."""
    columns = [
        column
        for column in sorted(range(len(metrics)), key=lambda c: metrics[c].facts.resource)
        if table[rows[0]][column] is None
    ]  # the same for all rows of a bucket
    found: dict[tuple[int, int], Later] = {}
    try:
        batch = Batch([pairs[row] for row in rows], device)
        for column in columns:
            run = _in_pool if metrics[column].facts.resource == "process" else _on_device
            answers = run(metrics[column], batch, pool)
            found |= {(row, column): a for row, a in zip(rows, answers, strict=True)}
        _size(device).fitted(_samples(rows, pairs))
    except torch.OutOfMemoryError:
        if len(rows) == 1:
            reason = "one item alone does not fit into the device's memory"
            lost = _given(Outcome(None, "failed", reason, 0.0))
            return {(rows[0], column): lost for column in columns} | found
        for half in _halves(rows, pairs, device):
            found |= _answers(half, pairs, metrics, table, device, pool)
    return found


def batch_limit(device: str) -> int:
    """Samples of one side that a batch may have now."""
    return _size(device).limit


def _size(device: str) -> BatchSize:
    if device not in _sizes:
        _sizes[device] = first_size(device)
    return _sizes[device]


def _samples(rows: Sequence[int], pairs: Sequence[Pair]) -> int:
    """Samples of one side of a batch, padding included."""
    return len(rows) * max(pairs[row].reference.samples.size for row in rows)


def _halves(rows: list[int], pairs: Sequence[Pair], device: str) -> list[list[int]]:
    """Two batches instead of one that did not fit; later ones have at most their size."""
    middle = (len(rows) + 1) // 2
    _size(device).overflowed(middle * _samples(rows, pairs) // len(rows))
    if torch.device(device).type == "cuda":
        torch.cuda.empty_cache()
    return [rows[:middle], rows[middle:]]


def _known(pair: Pair, metrics: Sequence[Metric]) -> list[Outcome | None]:
    """The outcomes that are certain before anything is computed."""
    broken, broken_stems = unusable(pair), unusable_stems(pair)
    return [missing(pair, metric.facts, broken, broken_stems) for metric in metrics]


def buckets(pairs: Sequence[Pair], limit: int) -> Iterator[list[int]]:
    """Rows of usable pairs that can share a batch, alike in length, `limit` samples at most."""
    alike: dict[tuple[object, ...], list[int]] = {}
    for row, pair in enumerate(pairs):
        if not unusable(pair):
            alike.setdefault(_likeness(pair), []).append(row)
    for rows in alike.values():
        rows.sort(key=lambda row: pairs[row].reference.frames)
        bucket: list[int] = []
        for row in rows:
            if bucket and (len(bucket) + 1) * pairs[row].reference.samples.size > limit:
                yield bucket
                bucket = []
            bucket.append(row)
        yield bucket


def _likeness(pair: Pair) -> tuple[object, ...]:
    """Pairs with the same key need the same metrics and fit into one tensor."""
    has_stems = bool(pair.estimate_stems and pair.reference_stems)
    signal = pair.reference
    return (
        pair.task,
        signal.rate,
        signal.channels,
        pair.level_is_given,
        has_stems,
        unusable_stems(pair),
    )


def _on_device(
    metric: Metric, batch: Batch, _pool: ProcessPoolExecutor | None = None
) -> list[Later]:
    """Run a torch metric on the whole batch; an exception is the reason of each row."""
    started = time.perf_counter()
    try:
        values, gaps = _computed(metric, batch)
        numbers = values.double().cpu().tolist()
    except torch.OutOfMemoryError:
        if batch.size > 1:
            raise  # half of it may fit
        numbers = [math.nan]
        gaps = [_gap_everywhere(batch, "one item alone does not fit into the device's memory")]
    except Exception as error:  # a metric of another package may raise anything
        numbers = [math.nan] * batch.size
        gaps = [_gap_everywhere(batch, f"the metric raised {type(error).__name__}: {error}")]
    seconds = (time.perf_counter() - started) / batch.size
    missing = _missing(gaps, batch.size, seconds)
    return [
        _given(gap or _outcome(number, "", seconds))
        for number, gap in zip(numbers, missing, strict=True)
    ]


def _gap_everywhere(batch: Batch, reason: str) -> Gap:
    return Gap(torch.ones(batch.size, dtype=torch.bool), reason)


def _computed(metric: Metric, batch: Batch) -> tuple[Tensor, list[Gap]]:
    with torch.inference_mode():
        if metric.facts.needs == "stems":
            stems = batch.stems(metric.facts)
            result = metric.compute(stems)
            gaps = [gap for view in stems.values() for gap in view.gaps]
        else:
            view = batch.view(metric.facts)
            result = metric.compute(view)
            gaps = list(view.gaps)
    scores = result if isinstance(result, Scores) else Scores(result)
    return scores.values, [*gaps, *scores.gaps]


def _missing(gaps: Sequence[Gap], count: int, seconds: float) -> list[Outcome | None]:
    """The outcome of each row that has a gap, by the first one; None for rows with a value."""
    found: list[Outcome | None] = [None] * count
    for gap in gaps:
        for row, is_missing in enumerate(gap.rows.tolist()):
            if is_missing and found[row] is None:
                found[row] = Outcome(None, gap.status, gap.reason, seconds)
    return found


def _in_pool(metric: Metric, batch: Batch, pool: ProcessPoolExecutor | None) -> list[Later]:
    """Hand each pair of the batch to a worker process (or to this one)."""
    with torch.inference_mode():
        view = batch.view(metric.facts)
    missing = _missing(view.gaps, batch.size, 0.0)
    sides = [side.cpu().numpy() for side in (view.estimate, view.reference)]
    pending = []
    for row, frames in enumerate(view.lengths.tolist()):
        gap = missing[row]
        if gap is not None:
            pending.append(_given(gap))
            continue
        estimate, reference = (side[row, :, :frames] for side in sides)
        if metric.facts.channels == "mono":
            estimate, reference = estimate[0], reference[0]
        answer = submit(Work(metric.source, estimate, reference, view.rate), pool)
        pending.append(_collected(answer))
    return pending


def _given(outcome: Outcome) -> Later:
    return lambda: outcome


def _collected(answer: Pending) -> Later:
    return lambda: _outcome(*answer())


def _outcome(value: float | None, reason: str, seconds: float) -> Outcome:
    if not reason and (value is None or not math.isfinite(value)):
        reason = "the metric gave no finite number"
    if reason:
        return Outcome(None, "failed", reason, seconds)
    return Outcome(value, "ok", "", seconds)
