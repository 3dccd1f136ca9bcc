"""The bundled systems of the task speech, and the features that they start from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from earwitness.evaluation.adapters.interface import Rendering
from earwitness.evaluation.inputs import item_inputs
from earwitness.stimuli.audio import Signal
from earwitness.stimuli.dataset import Array, Dataset, Item
from earwitness.stimuli.level import integrated_loudness_lufs
from earwitness.stimuli.mel import log_mel

Render = Callable[[str, Dataset, Item], Rendering]


@pytest.fixture(params=["198-209-0000", "3436-172162-0000", "5703-47212-0000"])
def item(request: pytest.FixtureRequest, sentences: Dataset) -> Item:
    return next(item for item in sentences.items if item.id == request.param)


def test_the_bundled_features_are_those_of_the_clip(item: Item, sentences: Dataset) -> None:
    stored = sentences.array_inputs(item)["mel"]
    computed = log_mel(sentences.reference_audio(item))
    assert (stored.values.shape, stored.rate) == (computed.values.shape, 80.0)
    np.testing.assert_allclose(stored.values, computed.values, atol=1e-3)


def test_original_is_the_reference_to_the_last_bit(
    item: Item, sentences: Dataset, render: Render
) -> None:
    result = render("original", sentences, item)
    np.testing.assert_array_equal(result.audio, sentences.reference_audio(item).samples)


def test_griffin_lim_sounds_like_the_clip(item: Item, sentences: Dataset, render: Render) -> None:
    estimate = Signal(render("griffin-lim", sentences, item).audio, sentences.rate)
    reference = sentences.reference_audio(item)
    mels = [log_mel(signal).values.ravel() for signal in (estimate, reference)]
    assert np.corrcoef(*mels)[0, 1] > 0.99
    loudness = [integrated_loudness_lufs(signal) for signal in (estimate, reference)]
    assert loudness[0] == pytest.approx(loudness[1], abs=0.5)


def test_griffin_lim_is_the_same_each_time(
    sentences: Dataset, render: Render, render_anew: Render
) -> None:
    item = sentences.items[0]
    again = render_anew("griffin-lim", sentences, item)
    np.testing.assert_array_equal(again.audio, render("griffin-lim", sentences, item).audio)


def test_griffin_lim_refuses_features_of_another_recipe(
    make: Callable[[str], Any], sentences: Dataset
) -> None:
    system = make("griffin-lim")
    inputs = item_inputs(sentences, sentences.items[0], with_reference=False)
    other = replace(inputs, arrays={"mel": Array(np.zeros((10, 64), np.float32), 80.0)})
    with pytest.raises(ValueError, match="needs 80 mel bands at 80 frames/s"):
        system.render(other)


def test_lowpass_keeps_time_and_speech_and_removes_the_top(
    item: Item, sentences: Dataset, render: Render
) -> None:
    reference = sentences.reference_audio(item).samples[0].astype(np.float64)
    estimate = render("lowpass-3500", sentences, item).audio[0].astype(np.float64)
    assert int(np.argmax(np.correlate(estimate, reference[100:-100], "valid"))) == 100
    frequency = np.fft.rfftfreq(len(reference), 1 / sentences.rate)
    before, after = (np.abs(np.fft.rfft(signal)) ** 2 for signal in (reference, estimate))
    kept, removed = frequency < 3400, frequency > 4100
    assert after[kept].sum() == pytest.approx(before[kept].sum(), rel=1e-3)
    assert after[removed].sum() < 1e-5 * before[removed].sum()


@pytest.mark.parametrize("system", ["original", "lowpass-3500"])
def test_a_system_without_the_reference_says_so(
    system: str, make: Callable[[str], Any], sentences: Dataset
) -> None:
    model = make(system)
    with pytest.raises(ValueError, match="needs the reference"):
        model.render(item_inputs(sentences, sentences.items[0], with_reference=False))
