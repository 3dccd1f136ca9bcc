"""Many pairs at once: one outcome for each, and none depends on the others."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
import torch

from earwitness.evaluation.metrics import (
    Facts,
    Metric,
    Pair,
    all_metrics,
    metric,
    score_pairs,
    scoring,
)
from earwitness.evaluation.metrics.batch import Batch, View
from earwitness.evaluation.metrics.batch_size import BatchSize, first_size
from earwitness.stimuli.audio import Signal

Samples = npt.NDArray[np.float32]
Noise = Callable[[int, int, int], Samples]
Maker = Callable[[int, float, int], Samples]


def make_pair(reference: Samples, estimate: Samples, rate: int, task: str = "speech") -> Pair:
    return Pair(
        system="s",
        item="i",
        task=task,
        estimate=Signal(estimate.astype(np.float32), rate),
        reference=Signal(reference, rate),
    )


@pytest.fixture
def pairs(speechlike: Maker, noise: Noise) -> list[Pair]:
    """Clips of several lengths, levels, rates, tasks and channel counts."""
    made = []
    for seed, (rate, seconds) in enumerate(
        [(16000, 1.0), (16000, 2.37), (16000, 1.61), (22050, 1.2)]
    ):
        reference = speechlike(rate, seconds, seed) * np.float32(0.1 + 0.3 * seed)
        estimate = reference + 0.03 * noise(1, reference.shape[1], seed)
        made.append(make_pair(reference, estimate, rate))
    for seed, frames in enumerate([141000, 160001]):
        stems = {
            name: Signal(noise(2, frames, seed + 20 + len(name)), 44100)
            for name in ("lead", "backing")
        }
        mix = stems["lead"].samples + stems["backing"].samples
        changed = {**stems, "lead": Signal(stems["lead"].samples * np.float32(1.7), 44100)}
        pair = make_pair(mix, mix + 0.02 * noise(2, frames, 40), 44100, "mix")
        made.append(replace(pair, estimate_stems=changed, reference_stems=stems))
    return made


def values(table: list[list[scoring.Outcome]]) -> list[list[float | None]]:
    return [[outcome.value for outcome in row] for row in table]


def test_values_do_not_depend_on_batch_mates_order_or_padding(pairs: list[Pair]) -> None:
    metrics = list(all_metrics().values())
    together = values(score_pairs(pairs, metrics))
    reversed_ = values(score_pairs(pairs[::-1], metrics))[::-1]
    alone = [values(score_pairs([pair], metrics))[0] for pair in pairs]
    for row, reference in zip(together, alone, strict=True):
        assert row == pytest.approx(reference, abs=1e-6)
    for row, reference in zip(together, reversed_, strict=True):
        assert row == pytest.approx(reference, abs=1e-6)


def test_systems_that_share_a_reference_score_as_if_they_did_not(
    speechlike: Maker, noise: Noise
) -> None:
    metrics = list(all_metrics().values())
    shared, apart = [], []
    for item, frames in enumerate((52000, 49990)):
        reference = speechlike(16000, frames / 16000, item)
        owner = Signal(reference, 16000)
        for system in range(2):
            estimate = reference + (0.05 + 0.1 * system) * noise(1, frames, 2 * item + system)
            apart.append(make_pair(reference.copy(), estimate, 16000))
            shared.append(replace(apart[-1], reference=owner))
    together = values(score_pairs(shared, metrics))
    for row, expected in zip(together, values(score_pairs(apart, metrics)), strict=True):
        assert row == pytest.approx(expected, abs=1e-6)
    mixed = values(score_pairs([shared[0], shared[2], shared[1], shared[3]], metrics))
    for row, place in zip(mixed, (0, 2, 1, 3), strict=True):
        assert row == pytest.approx(together[place], abs=1e-6)


def test_small_batches_give_the_same_values(
    pairs: list[Pair], monkeypatch: pytest.MonkeyPatch
) -> None:
    metrics = [metric("stoi"), metric("mrstft")]
    expected = values(score_pairs(pairs, metrics))
    monkeypatch.setattr(scoring, "_sizes", {"cpu": BatchSize(1, 1)})
    assert values(score_pairs(pairs, metrics))[0] == pytest.approx(expected[0], abs=1e-6)


def test_every_pair_gets_every_metric_in_order(pairs: list[Pair]) -> None:
    metrics = list(all_metrics().values())
    table = score_pairs(pairs, metrics)
    assert [len(row) for row in table] == [len(metrics)] * len(pairs)
    assert all(
        (o.status == "ok") == (o.value is not None) == (o.reason == "") for r in table for o in r
    )
    expected = {
        m.facts.id: "not_applicable" if m.facts.is_of_sets or m.facts.tasks == ("speech",) else "ok"
        for m in metrics
    }
    assert {m.facts.id: o.status for m, o in zip(metrics, table[-1], strict=True)} == expected


def test_the_level_error_means_nothing_where_the_level_was_given(pairs: list[Pair]) -> None:
    [[outcome]] = score_pairs(
        [replace(pairs[0], level_is_given=True)], [metric("loudness_error_lu")]
    )
    assert outcome.status == "not_applicable"
    assert "set by the evaluation" in outcome.reason


def test_a_broken_pair_does_not_touch_the_others(pairs: list[Pair]) -> None:
    broken = replace(pairs[1], estimate=Signal(np.full((1, 5), np.nan, np.float32), 16000))
    table = score_pairs([pairs[0], broken, pairs[2]], [metric("stoi"), metric("loudness_error_lu")])
    assert [[o.status for o in row] for row in table] == [["ok"] * 2, ["failed"] * 2, ["ok"] * 2]


@pytest.mark.parametrize(
    ("stems", "reason"),
    [
        ({"lead": (2, 141000)}, "no stem backing"),
        ({"lead": (2, 141000), "backing": (2, 140999)}, "stem backing: number of frames"),
        ({"lead": (1, 141000), "backing": (2, 141000)}, "stem lead: number of channels"),
    ],
)
def test_stems_that_do_not_fit_fail_only_what_needs_them(
    stems: dict[str, tuple[int, int]], reason: str, pairs: list[Pair], noise: Noise
) -> None:
    bad = {name: Signal(noise(*shape, 3), 44100) for name, shape in stems.items()}
    pair = replace(pairs[4], estimate_stems=bad)
    metrics = [metric("relative_loudness_error_lu"), metric("si_sdr_db")]
    [[relative, si_sdr]] = score_pairs([pair], metrics)
    assert relative.status == "failed"
    assert reason in relative.reason
    assert si_sdr.status == "ok"


def test_a_mix_without_stems_has_no_relative_loudness(pairs: list[Pair]) -> None:
    pair = replace(pairs[4], estimate_stems={})
    [[outcome]] = score_pairs([pair], [metric("relative_loudness_error_lu")])
    assert (outcome.status, outcome.reason) == ("not_applicable", "the estimate has no stems")


def test_a_silent_stem_is_a_failed_row(pairs: list[Pair]) -> None:
    silent = Signal(np.zeros((2, 141000), np.float32), 44100)
    pair = replace(pairs[4], estimate_stems={**pairs[4].estimate_stems, "lead": silent})
    [[outcome]] = score_pairs([pair], [metric("relative_loudness_error_lu")])
    assert (outcome.status, outcome.reason) == ("failed", "the stem lead of the estimate is silent")


def raising(_view: object) -> None:
    raise ZeroDivisionError("on purpose")


def test_a_metric_that_raises_fails_its_rows_only(pairs: list[Pair]) -> None:
    facts = replace(metric("si_sdr_db").facts, id="broken")
    table = score_pairs(pairs[:2], [Metric(facts, raising), metric("si_sdr_db")])
    assert [[o.status for o in row] for row in table] == [["failed", "ok"]] * 2
    assert table[0][0].reason == "the metric raised ZeroDivisionError: on purpose"


def test_a_number_that_is_not_finite_is_a_failed_row(pairs: list[Pair]) -> None:
    def endless(view: scoring.Batch) -> object:
        return view.lengths.double() / 0.0  # type: ignore[attr-defined]

    facts: Facts = replace(metric("si_sdr_db").facts, id="endless")
    [[outcome]] = score_pairs(pairs[:1], [Metric(facts, endless)])
    assert (outcome.status, outcome.reason) == ("failed", "the metric gave no finite number")


def test_a_batch_that_does_not_fit_is_halved_until_it_does(
    noise: Noise, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every pair keeps its value, nothing is computed twice, and later batches start smaller."""
    monkeypatch.setattr(scoring, "_sizes", {})
    sizes: list[int] = []
    small = replace(all_metrics()["si_sdr_db"].facts, id="small", resource="torch", tasks=None)
    hungry = replace(small, id="hungry")

    def level(view: View) -> torch.Tensor:
        return view.estimate.abs().amax(dim=(1, 2))

    def needs_memory(view: View) -> torch.Tensor:
        sizes.append(len(view.lengths))
        if sizes[-1] > 2 or view.lengths.max() > 9_000:
            raise torch.OutOfMemoryError("out of memory")
        return level(view)

    metrics = [Metric(small, level), Metric(hungry, needs_memory)]
    clips = [noise(1, 8_000, seed) for seed in range(5)] + [noise(1, 10_000, 9)]
    table = score_pairs([make_pair(clip, clip, 16_000) for clip in clips], metrics)
    assert sizes == [6, 3, 2, 1, 3, 2, 1]
    for clip, (fits, is_hungry) in zip(clips, table, strict=True):
        assert fits.value == pytest.approx(float(np.abs(clip).max()))
        if clip.shape[1] == 8_000:
            assert is_hungry.value == fits.value
        else:
            assert is_hungry.reason == "one item alone does not fit into the device's memory"
    assert scoring.batch_limit("cpu") < 6 * 10_000
    score_pairs([make_pair(clip, clip, 16_000) for clip in clips[:4]], metrics)
    assert max(sizes[7:]) <= 2


def test_a_gpu_starts_with_what_its_free_memory_holds_grows_and_stays_below_what_failed() -> None:
    """The policy alone, with the numbers of an imagined accelerator."""
    size = first_size("cuda", free_bytes=2**32)
    start = size.limit
    assert start == 2**21
    size.fitted(start // 4)  # a small batch proves nothing
    assert size.limit == start
    size.fitted(start)
    size.fitted(2 * start)
    assert size.limit == 4 * start
    size.overflowed(3 * start)
    size.fitted(3 * start)
    assert size.limit == 3 * start
    huge = first_size("cuda", free_bytes=2**40)
    huge.fitted(huge.limit)
    assert huge.limit == 2**25
    assert first_size("cuda", free_bytes=0).limit == 1
    processor = first_size("cpu")
    processor.fitted(processor.limit)
    assert processor.limit == 2**22


@pytest.mark.parametrize(
    "name",
    ["loudness_error_lu", "mrstft", "stoi", "stereo_width_error", "relative_loudness_error_lu"],
)
def test_a_batch_is_freed_as_soon_as_it_is_scored(name: str, pairs: list[Pair]) -> None:
    """Without waiting for the garbage collector, so that memory is flat in the number of clips."""
    facts = metric(name).facts
    [pair] = pairs[-1:]  # stereo, with stems
    gc.disable()
    try:
        batch = Batch([pair], "cpu")
        views = [*batch.stems(facts).values()] if facts.needs == "stems" else [batch.view(facts)]
        again = [*batch.stems(facts).values()] if facts.needs == "stems" else [batch.view(facts)]
        assert all(one is other for one, other in zip(views, again, strict=True))
        freed = [weakref.ref(view) for view in views]
        del batch, views, again
        assert [one() for one in freed] == [None] * len(freed)
    finally:
        gc.enable()
