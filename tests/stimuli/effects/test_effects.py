"""Effects keep their declared ranges; style pairs are fit for what they are for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from earwitness.stimuli.audio import Samples, Signal
from earwitness.stimuli.dataset import load_dataset
from earwitness.stimuli.effects.__main__ import main
from earwitness.stimuli.effects.gates import is_silent, mfcc_similarity
from earwitness.stimuli.effects.pairs import make_pair
from earwitness.stimuli.effects.render import PLUGINS, apply_effect
from earwitness.stimuli.effects.table import EFFECTS, effect
from earwitness.stimuli.errors import ConfigError, StimulusError

RATE = 16_000


def noise(seconds: float = 2.0, seed: int = 0) -> Samples:
    draw = np.random.default_rng(seed)
    return (0.1 * draw.standard_normal((1, round(seconds * RATE)))).astype(np.float32)


@pytest.mark.parametrize("name", EFFECTS)
@pytest.mark.parametrize("setting", [0.0, 1.0])
def test_every_effect_renders_both_ends_of_its_ranges(name: str, setting: float) -> None:
    settings = {parameter.name: setting for parameter in effect(name).parameters}
    out = apply_effect(noise(), RATE, effect(name), settings)
    assert out.shape == (1, 2 * RATE)
    assert out.dtype == np.float32
    assert np.isfinite(out).all()
    again = apply_effect(noise(), RATE, effect(name), settings)
    np.testing.assert_array_equal(out, again)


def test_every_effect_of_the_table_can_be_built() -> None:
    assert set(PLUGINS) == set(EFFECTS)


def test_settings_are_mapped_to_values_by_their_scale() -> None:
    values = effect("compressor").values(
        {"threshold_db": 0.0, "ratio": 0.5, "low_shelf_db": 1.0, "high_shelf_db": 0.5}
    )
    assert values["threshold_db"] == -30.0
    assert values["ratio"] == pytest.approx(np.sqrt(3.0 * 24.0))
    assert (values["low_shelf_db"], values["high_shelf_db"]) == (10.0, 0.0)


@pytest.mark.parametrize("settings", [{}, {"drive_db": 1.1}, {"drive_db": 0.5, "mix": 0.1}])
def test_wrong_settings_are_refused(settings: dict[str, float]) -> None:
    with pytest.raises(ConfigError, match="effect distortion"):
        effect("distortion").values(settings)


def test_cepstra_tell_the_same_sound_from_another() -> None:
    tone = 0.1 * np.sin(np.arange(2 * RATE) * 0.2)[None].astype(np.float32)
    assert mfcc_similarity(noise(), noise(), RATE) == pytest.approx(1.0)
    brighter = apply_effect(
        tone,
        RATE,
        effect("equaliser"),
        {"low_shelf_db": 0.5, "peak_db": 0.65, "peak_hz": 0.5, "high_shelf_db": 0.5},
    )
    assert mfcc_similarity(tone, noise(), RATE) < mfcc_similarity(tone, brighter, RATE)


def test_silence_is_silent_and_noise_is_not() -> None:
    assert is_silent(np.zeros((1, RATE), np.float32))
    assert is_silent(noise() * np.float32(0.01))
    assert not is_silent(noise())


def test_the_example_of_a_pair_never_overlaps_its_input() -> None:
    time = np.arange(10 * RATE) / RATE
    # A sweep: each moment has its own pitch.
    sweep = Signal(
        (0.5 * np.sin(2 * np.pi * (200 + 100 * time) * time))[None].astype(np.float32), RATE
    )
    pair = make_pair(sweep, effect("distortion"), length_s=4.0, seed=1)
    assert pair.input.frames == pair.style.frames == pair.reference.frames == 4 * RATE
    spectra = [np.abs(np.fft.rfft(part.samples[0])) for part in (pair.input, pair.style)]
    strong = [set(np.flatnonzero(s > 0.3 * s.max())) for s in spectra]
    assert len(strong[0] & strong[1]) < 0.1 * len(strong[0])
    np.testing.assert_array_equal(
        pair.reference.samples,
        make_pair(sweep, effect("distortion"), length_s=4.0, seed=1).reference.samples,
    )


def test_a_recording_without_sound_or_too_short_makes_no_pair() -> None:
    silence = Signal(np.zeros((1, 10 * RATE), np.float32), RATE)
    with pytest.raises(StimulusError, match="none of 100 draws"):
        make_pair(silence, effect("delay"), length_s=1.0, seed=0)
    with pytest.raises(StimulusError, match="too short for two passages"):
        make_pair(Signal(noise(3.0), RATE), effect("delay"), length_s=2.0, seed=0)


def test_the_command_makes_the_bundled_pairs_again(root: Path, tmp_path: Path) -> None:
    made = tmp_path / "style-demo"
    result = CliRunner().invoke(main, [str(root / "data" / "speech-demo"), str(made)])
    assert result.exit_code == 0, result.output
    bundled = load_dataset(root / "data" / "style-demo")
    assert [item.id for item in load_dataset(made).items] == [item.id for item in bundled.items]
    assert len(bundled.items) == 12
    for item in bundled.items:
        again = load_dataset(made).reference_audio(item).samples
        np.testing.assert_allclose(again, bundled.reference_audio(item).samples, atol=1e-3)
    again_result = CliRunner().invoke(main, [str(root / "data" / "speech-demo"), str(made)])
    assert again_result.exit_code == 2
