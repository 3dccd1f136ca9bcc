"""DNSMOS against the package that ships its networks, and what has no opinion."""

from __future__ import annotations

import numpy as np
import pytest

from earwitness.evaluation.metrics import Pair, all_metrics, score_pairs
from earwitness.evaluation.metrics.mos import clip_opinions
from earwitness.stimuli.audio import Samples, Signal

METRICS = [one for name, one in all_metrics().items() if name.startswith("dnsmos_")]


def buzz(seconds: float) -> Samples:
    """Harmonics of 120 Hz with syllables and a little noise, 1-D at 16 kHz."""
    times = np.arange(round(16_000 * seconds)) / 16_000
    phase = 2 * np.pi * (120.0 * times + 4.0 * np.sin(2 * np.pi * 0.7 * times))
    harmonics = sum(np.cos(k * phase) / k for k in range(1, 20))
    noise = np.random.Generator(np.random.PCG64(7)).random(len(times)) - 0.5
    syllables = np.clip(np.sin(2 * np.pi * 3.1 * times), 0.0, None)
    return (0.1 * syllables * harmonics + 0.01 * noise).astype(np.float32)


def pair(estimate: Samples, rate: int = 16_000) -> Pair:
    sides = [Signal(one, rate) for one in (estimate, np.roll(estimate, 100, axis=1))]
    return Pair(system="s", item="i", task="speech", estimate=sides[0], reference=sides[1])


def test_scores_are_those_of_the_package() -> None:
    """Values of speechmos 0.0.1.1 with librosa 0.11 and onnxruntime 1.23 for the same samples."""
    clip = buzz(12.0)
    long = {"sig": 2.3354937, "bak": 2.4472821, "ovrl": 1.6718731, "p808": 2.3061097}
    short = {"sig": 2.1569847, "bak": 2.3045021, "ovrl": 1.4313908, "p808": 2.3362540}
    assert clip_opinions(clip) == pytest.approx(long, abs=1e-4)
    assert clip_opinions(clip[:48_000]) == pytest.approx(short, abs=1e-4)


def test_opinions_do_not_depend_on_batch_mates_and_look_at_the_estimate_alone() -> None:
    [together, _] = score_pairs([pair(buzz(4.6)[None]), pair(buzz(5.0)[None])], METRICS)
    alone = clip_opinions(buzz(4.6))
    expected = [alone[one.facts.id.removeprefix("dnsmos_")] for one in METRICS]
    assert [one.value for one in together] == pytest.approx(expected, abs=1e-6)


def test_what_is_no_speech_signal_has_a_reason() -> None:
    broken = buzz(0.5)
    broken[10] = np.nan
    for estimate, rate, status in (
        (np.zeros((1, 800), np.float32), 16_000, "failed"),
        (broken[None], 16_000, "failed"),
        (buzz(0.5)[None], 8_000, "not_applicable"),
    ):
        [row] = score_pairs([pair(estimate, rate)], METRICS)
        assert {one.status for one in row} == {status}
        assert all(one.value is None and one.reason for one in row)
    [row] = score_pairs([pair(buzz(0.036)[None])], METRICS)
    assert {one.status for one in row} == {"ok"}  # repeated to a segment, as its authors do
