"""The chance level of similarities: who is paired, what it reads, and what it shows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from earwitness.evaluation.metrics import Pair, all_metrics, metric
from earwitness.evaluation.metrics.chance import chance_level, mispaired, wrong_pairings
from earwitness.stimuli.audio import Signal

Samples = npt.NDArray[np.float32]
Maker = Callable[[int, float, int], Samples]
Noise = Callable[[int, int, int], Samples]


def make_pair(item: str, estimate: Samples, reference: Samples, rate: int = 16000) -> Pair:
    sides = [Signal(side.astype(np.float32), rate) for side in (estimate, reference)]
    return Pair(system="s", item=item, task="speech", estimate=sides[0], reference=sides[1])


@given(count=st.integers(0, 40), seed=st.integers(0, 2**32 - 1))
def test_nobody_meets_their_own_reference_and_all_meet_equally_many(count: int, seed: int) -> None:
    pairings = wrong_pairings(count, seed)
    assert all(i != j for i, j in pairings)
    assert len(set(pairings)) == len(pairings)
    for side in (0, 1):
        assert len(set(Counter(pairing[side] for pairing in pairings).values())) <= 1
    assert len(pairings) == count * max(0, min(3, count - 1))


def test_a_wrong_pair_ends_with_the_shorter_and_keeps_rate_and_channels(noise: Noise) -> None:
    one, other = (make_pair(str(n), noise(1, n, n), noise(1, n, n + 1)) for n in (900, 700))
    wrong = mispaired(one, other)
    assert wrong is not None
    assert (wrong.estimate.frames, wrong.reference.frames) == (700, 700)
    np.testing.assert_array_equal(wrong.estimate.samples, one.estimate.samples[:, :700])
    np.testing.assert_array_equal(wrong.reference.samples, other.reference.samples)
    assert mispaired(one, make_pair("x", noise(2, 9, 0), noise(2, 9, 0))) is None
    assert mispaired(one, make_pair("x", noise(1, 9, 0), noise(1, 9, 0), 8000)) is None


def test_the_level_is_the_mean_over_the_wrong_pairs(speechlike: Maker) -> None:
    clips = [speechlike(16000, seconds, seed) for seed, seconds in enumerate((1.0, 1.2, 1.4))]
    pairs = [make_pair(str(i), clip, clip) for i, clip in enumerate(clips)]
    chosen = metric("pcc_envelope")
    expected = [
        chosen(
            estimate=clips[i][:, : min(len(clips[i][0]), len(clips[j][0]))],
            reference=clips[j][:, : min(len(clips[i][0]), len(clips[j][0]))],
            rate=16000,
        )
        for i, j in [(0, 1), (0, 2), (1, 0), (1, 2), (2, 0), (2, 1)]  # all there are
    ]
    assert chance_level(pairs, chosen) == pytest.approx(np.mean(expected), abs=1e-6)


def test_it_tells_a_search_that_finds_something_in_noise(noise: Noise) -> None:
    pairs = [
        make_pair(str(k), noise(1, 16000, 2 * k), noise(1, 16000, 2 * k + 1)) for k in range(4)
    ]
    level = chance_level(pairs, metric("pcc_envelope"))
    assert level is not None
    assert 0.1 < level < 0.6  # unrelated, and yet far from 0: the best of 21 lags


def test_there_is_no_level_without_another_item(speechlike: Maker) -> None:
    clip = speechlike(16000, 1.0, 1)
    assert chance_level([make_pair("only", clip, clip)], metric("stoi")) is None
    assert chance_level([], metric("stoi")) is None


def test_every_bounded_correlation_declares_that_it_has_one() -> None:
    declared = {name for name, entry in all_metrics().items() if entry.facts.has_chance}
    similar = {
        name
        for name, entry in all_metrics().items()
        if (entry.facts.low, entry.facts.high) == (-1.0, 1.0) and entry.facts.direction == "higher"
    }
    assert similar <= declared
    # Cosines of embeddings without negative parts: from 0 on, but alike by chance too.
    assert declared - similar == {"voice_similarity"}
    assert {"stoi", "estoi", "pcc_logmel64", "pcc_waveform"} <= declared
