"""PESQ: the package's own number, both wideband revisions, typed missing values, dying workers."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor

import numpy as np
import numpy.typing as npt
import pesq
import pytest

from earwitness.evaluation.metrics import Pair, metric, quality, score_pairs
from earwitness.evaluation.metrics.workers import Work, submit
from earwitness.stimuli.audio import Signal
from earwitness.stimuli.errors import MetricError

Samples = npt.NDArray[np.float32]
Maker = Callable[[int, float, int], Samples]
Noise = Callable[[int, int, int], Samples]


def test_at_16_khz_it_is_the_packages_value(speechlike: Maker, noise: Noise) -> None:
    reference = speechlike(16000, 3.0, 0)
    estimate = (0.7 * reference + 0.02 * noise(1, 48000, 9)).astype(np.float32)
    value = metric("pesq_wb")(estimate=estimate, reference=reference, rate=16000)
    both = (reference[0].astype(np.float64), estimate[0].astype(np.float64))
    assert value == pesq.pesq(16000, *both, "wb")
    # pesq 0.0.4 (P.862.2 without Corrigendum 2) on these very samples.
    assert value == pytest.approx(2.0575451850891113, abs=1e-4)


@pytest.mark.parametrize(
    ("name", "rate", "expected"),
    [
        # pesqc2 0.0.4 with numpy 1.26.4 on these very samples (its setup refuses numpy 2).
        ("pesq_wb_c2", 16000, 2.73660945892334),
        # pesq 0.0.4, mode "nb"; pesqc2 0.0.4 gives the same.
        ("pesq_nb", 8000, 2.8876845836639404),
    ],
)
def test_the_other_models_give_their_packages_value(
    name: str, rate: int, expected: float, speechlike: Maker, noise: Noise
) -> None:
    reference = speechlike(rate, 3.0, 0)
    estimate = (0.7 * reference + 0.02 * noise(1, 3 * rate, 9)).astype(np.float32)
    value = metric(name)(estimate=estimate, reference=reference, rate=rate)
    assert value == pytest.approx(expected, abs=1e-4)


def test_corrigendum_2_leaves_the_older_revision_as_it_was(speechlike: Maker, noise: Noise) -> None:
    reference = speechlike(16000, 1.0, 0)
    both = {"estimate": reference + 0.1 * noise(1, 16000, 1), "reference": reference}
    before = metric("pesq_wb")(**both, rate=16000)
    assert metric("pesq_wb_c2")(**both, rate=16000) > before + 0.1
    assert metric("pesq_wb")(**both, rate=16000) == before


def test_a_pesq_of_another_revision_is_no_pesq_wb(
    speechlike: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quality, "_filter_table", lambda: [0.688, -1.377, 0.688, -1.94, 0.95])
    clip = speechlike(16000, 1.0, 0)
    for name in ("pesq_wb", "pesq_wb_c2"):
        with pytest.raises(MetricError, match="another revision"):
            metric(name)(estimate=clip, reference=clip, rate=16000)


@pytest.mark.parametrize(
    ("name", "best"),
    # P.862.2 and P.862.1 (equation 1 of each) at the raw maximum 4.5.
    [
        ("pesq_wb", 4.643888473510742),
        ("pesq_wb_c2", 4.643888473510742),
        ("pesq_nb", 4.548638343811035),
    ],
)
def test_identical_signals_score_the_best_value(name: str, best: float, speechlike: Maker) -> None:
    clip = speechlike(16000, 2.0, 1)
    value = metric(name)(estimate=clip, reference=clip, rate=16000)
    assert value == pytest.approx(best, abs=1e-4)


@pytest.mark.parametrize(
    ("rate", "seconds", "reason"),
    [(8000, 2.0, "at least 16000 Hz"), (16000, 0.2, "0.25 s"), (16000, 20.5, "20 s")],
)
def test_what_pesq_cannot_score_is_missing(
    rate: int, seconds: float, reason: str, speechlike: Maker
) -> None:
    clip = speechlike(rate, seconds, 2)
    with pytest.raises(MetricError, match=reason):
        metric("pesq_wb")(estimate=clip, reference=clip, rate=rate)


def test_a_clip_without_an_utterance_is_missing(noise: Noise) -> None:
    burst = np.zeros((1, 4800), dtype=np.float32)
    burst[:, 4000:] = noise(1, 800, 1)
    with pytest.raises(MetricError, match="no utterance"):
        metric("pesq_wb")(estimate=burst, reference=burst, rate=16000)


def _pool() -> ProcessPoolExecutor:
    return ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn"))


def test_a_process_pool_gives_the_same_value(speechlike: Maker, noise: Noise) -> None:
    reference = speechlike(22050, 1.5, 3)
    estimate = reference + 0.1 * noise(1, reference.shape[1], 4)
    pair = Pair(
        system="a",
        item="i",
        task="speech",
        estimate=Signal(estimate, 22050),
        reference=Signal(reference, 22050),
    )
    with _pool() as pool:
        [[there]] = score_pairs([pair], [metric("pesq_wb")], pool=pool)
    [[here]] = score_pairs([pair], [metric("pesq_wb")])
    assert there.value == here.value


def test_a_worker_that_died_fails_no_other_pair(speechlike: Maker) -> None:
    clip = speechlike(16000, 1.0, 5)[0].astype(np.float64)
    with _pool() as pool:
        killed = pool.submit(os._exit, 1)
        work = Work(metric("pesq_wb").source, clip, clip, 16000)
        answers = [submit(work, pool)(), submit(work, pool)()]
        assert killed.exception() is not None
    assert [reason for _, reason, _ in answers] == ["", ""]
