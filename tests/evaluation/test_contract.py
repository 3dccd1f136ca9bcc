"""What a rendering must be, and what a system is handed."""

from __future__ import annotations

import numpy as np
import pytest

from earwitness.evaluation.adapters.interface import Rendering
from earwitness.evaluation.contract import check_rendering
from earwitness.evaluation.inputs import ItemState, item_inputs
from earwitness.stimuli.audio import Samples, Signal
from earwitness.stimuli.dataset import load_dataset
from earwitness.stimuli.errors import DataError, ModelError
from earwitness.stimuli.level import integrated_loudness_lufs

from .conftest import FRAMES, RATE, Workplace, noise


@pytest.fixture
def state(workplace: Workplace) -> ItemState:
    dataset = load_dataset(workplace.dataset())
    return ItemState(dataset, dataset.items[0], "digest", 1, FRAMES, "")


def with_nan() -> Samples:
    samples = noise(1)
    samples[0, 7] = np.nan
    return samples


@pytest.mark.parametrize(
    ("audio", "reason"),
    [
        (noise(1, channels=2), rf"2 channel\(s\) × {FRAMES} frames, the reference 1 × {FRAMES}"),
        (noise(1, frames=FRAMES - 1), rf"1 channel\(s\) × {FRAMES - 1} frames"),
        (noise(1)[0], "has 1 axes, not 2"),
        (np.zeros((1, 0), np.float32), r"1 channel\(s\) × 0 frames"),
        (with_nan(), "NaN or infinite samples"),
        (np.zeros((1, FRAMES), np.float32), "silent"),
        (noise(1, peak=1e-5), "silent"),
    ],
)
def test_audio_that_must_not_be_scored_is_refused(
    state: ItemState, audio: Samples, reason: str
) -> None:
    with pytest.raises(ModelError, match=reason):
        check_rendering(Rendering(audio), state)


def test_stems_must_sum_to_the_mixture(state: ItemState) -> None:
    stems = {"lead": noise(1), "backing": noise(2)}
    mix = stems["lead"] + stems["backing"]
    check_rendering(Rendering(mix, stems), state)
    check_rendering(Rendering(mix), state)
    check_rendering(Rendering(mix + np.float32(9e-6), stems), state)
    with pytest.raises(ModelError, match="do not sum to its mixture"):
        check_rendering(Rendering(mix + np.float32(2e-5), stems), state)
    with pytest.raises(ModelError, match="its stems are bass, lead, not backing, lead"):
        check_rendering(Rendering(mix, {"lead": noise(1), "bass": noise(2)}), state)
    with pytest.raises(ModelError, match="the stem lead has NaN"):
        check_rendering(Rendering(mix, {**stems, "lead": with_nan()}), state)


def test_stems_are_handed_over_at_minus_23_lufs(state: ItemState) -> None:
    inputs = item_inputs(state.dataset, state.item, with_reference=False)
    for samples in inputs.audio.values():
        assert integrated_loudness_lufs(Signal(samples, RATE)) == pytest.approx(-23.0, abs=1e-4)
    assert inputs.reference is None


def test_the_reference_has_the_original_levels(state: ItemState) -> None:
    reference = item_inputs(state.dataset, state.item, with_reference=True).reference
    assert reference is not None
    np.testing.assert_array_equal(reference.audio, sum(reference.stems.values()))
    original = state.dataset.audio_inputs(state.item)["lead"].samples
    np.testing.assert_array_equal(reference.stems["lead"], original)


def test_a_stem_without_loudness_cannot_be_levelled(workplace: Workplace) -> None:
    dataset = load_dataset(workplace.dataset())
    workplace.stems("song-a", noise(1, frames=2_000), noise(2, frames=2_000))
    with pytest.raises(DataError, match="lead is too quiet or too short to have a loudness"):
        item_inputs(dataset, dataset.items[0], with_reference=False)
