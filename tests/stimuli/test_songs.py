"""Generated songs: what their plan says is what can be measured."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from earwitness.stimuli.dataset import load_dataset
from earwitness.stimuli.level import integrated_loudness_lufs
from earwitness.stimuli.songs.__main__ import main
from earwitness.stimuli.songs.plan import plan_song
from earwitness.stimuli.songs.song import make_song


def test_a_song_has_the_relative_loudness_of_its_plan() -> None:
    song = make_song(3, rate=22_050, length_s=4.0)
    measured = integrated_loudness_lufs(song.lead) - integrated_loudness_lufs(song.backing)
    assert measured == pytest.approx(song.plan.relative_loudness_lu, abs=0.01)
    assert np.abs(song.lead.samples + song.backing.samples).max() < 2.0


def test_a_seed_makes_the_same_song_again_and_another_seed_another() -> None:
    songs = [make_song(seed, rate=16_000, length_s=2.0) for seed in (5, 5, 6)]
    np.testing.assert_array_equal(songs[0].lead.samples, songs[1].lead.samples)
    assert not np.array_equal(songs[0].lead.samples, songs[2].lead.samples)


def test_the_song_explains_nine_tenths_of_how_it_is_mixed() -> None:
    plans = [plan_song(seed) for seed in range(2000)]
    causes = np.array([[1.0, plan.density, plan.brightness] for plan in plans])
    loudness = np.array([plan.relative_loudness_lu for plan in plans])
    _, residual, *_ = np.linalg.lstsq(causes, loudness, rcond=None)
    explained = 1.0 - residual[0] / np.square(loudness - loudness.mean()).sum()
    assert explained == pytest.approx(0.91, abs=0.02)


def test_the_command_writes_a_dataset_that_evaluate_can_read(tmp_path: Path) -> None:
    folder = tmp_path / "generated"
    done = CliRunner().invoke(
        main, [str(folder), "--songs", "1", "--training", "1", "--seed", "7", "--seconds", "2"]
    )
    assert done.exit_code == 0, done.output
    dataset = load_dataset(folder)
    assert [(item.id, item.split) for item in dataset.items] == [
        ("song-7", "test"),
        ("song-8", "training"),
    ]
    assert dataset.reference_audio(dataset.items[0]).frames == 2 * 44_100
    assert len((folder / "plans.csv").read_text().splitlines()) == 3
    again = CliRunner().invoke(main, [str(folder)])
    assert again.exit_code == 2
    assert "is not empty" in again.output
