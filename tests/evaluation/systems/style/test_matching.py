"""Matchers recover what they can hear, and change nothing where nothing is to be done."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.signal

from earwitness.evaluation.systems.style.distance import StyleDistance
from earwitness.evaluation.systems.style.rules import match_by_rule, match_spectrum
from earwitness.evaluation.systems.style.search import by_spsa, match
from earwitness.stimuli.audio import Samples, Signal
from earwitness.stimuli.effects.render import apply_effect
from earwitness.stimuli.effects.table import effect
from earwitness.stimuli.level import integrated_loudness_lufs

RATE = 16_000


def sound(seed: int = 0, seconds: float = 3.0) -> Samples:
    """Noise whose level moves as speech does."""
    draw = np.random.default_rng(seed)
    frames = round(seconds * RATE)
    slow = np.interp(
        np.arange(frames),
        np.arange(0, frames, 1600),
        draw.uniform(0.05, 1.0, 1 + (frames - 1) // 1600),
    )
    return (0.1 * slow * draw.standard_normal(frames))[None].astype(np.float32)


def test_an_example_equal_to_the_input_changes_nothing() -> None:
    clean = sound()
    matched = match_by_rule(clean, clean, RATE)
    hz, before = scipy.signal.welch(clean[0], RATE, nperseg=1024)
    _, after = scipy.signal.welch(matched[0], RATE, nperseg=1024)
    inside = (hz > 100) & (hz < 7_500)
    assert np.abs(10.0 * np.log10(after[inside] / before[inside])).max() < 0.1


def test_a_known_shelf_is_matched_within_a_decibel() -> None:
    clean, strip = sound(1, 8.0), effect("equaliser")
    settings = {"low_shelf_db": 0.5, "peak_db": 0.5, "peak_hz": 0.5, "high_shelf_db": 0.9}
    example = apply_effect(clean, RATE, strip, settings)
    matched = match_spectrum(clean, example, RATE)
    hz, wanted = scipy.signal.welch(example[0], RATE, nperseg=2048)
    _, got = scipy.signal.welch(matched[0], RATE, nperseg=2048)
    difference = 10.0 * np.log10(got / wanted)[(hz > 150) & (hz < 7_000)]
    assert np.abs(difference - np.median(difference)).max() < 1.0


def test_the_result_has_the_loudness_of_the_example() -> None:
    example = np.tanh(20.0 * sound(3)).astype(np.float32)
    matched = match_by_rule(sound(2), example, RATE)
    loudness = [integrated_loudness_lufs(Signal(part, RATE)) for part in (matched, example)]
    assert loudness[0] == pytest.approx(loudness[1], abs=0.25)


def test_silence_stays_silence() -> None:
    silence = np.zeros((1, 2 * RATE), np.float32)
    assert not match_by_rule(silence, sound(), RATE).any()
    assert np.isfinite(StyleDistance(sound(), RATE)(silence))


def test_level_alone_is_no_style() -> None:
    distance = StyleDistance(sound(), RATE)
    assert distance(sound() * np.float32(0.1)) == pytest.approx(0.0, abs=1e-4)
    assert distance(sound(5)) > 0.1


@pytest.mark.parametrize("name", ["distortion", "equaliser"])
def test_settings_that_can_be_heard_are_recovered(name: str) -> None:
    # Self-recovery: the same effect, the same sound, known settings.
    clean, chosen = sound(7, 2.0), effect(name)
    truth = {p.name: 0.8 if n % 2 else 0.25 for n, p in enumerate(chosen.parameters)}
    distance = StyleDistance(apply_effect(clean, RATE, chosen, truth), RATE)
    settings, found = match(clean, RATE, chosen, distance, by_spsa(60), seed=1, restarts=1)
    assert found.loss < 0.3 * found.loss_at_start
    if name == "distortion":
        assert settings["drive_db"] == pytest.approx(0.25, abs=0.05)
