"""The level network: its shape, what each input can know, and that it learns."""

from __future__ import annotations

import statistics
from pathlib import Path

import numpy as np
import pytest
import torch

from earwitness.evaluation.systems.mix.examples import SongBlocks, song_blocks, without_outliers
from earwitness.evaluation.systems.mix.mel_blocks import (
    BLOCK_FRAMES,
    HOP,
    RATE,
    mel_blocks,
    mel_power,
)
from earwitness.evaluation.systems.mix.network import LevelNetwork, normalised, parameter_count
from earwitness.evaluation.systems.mix.training import block_error, predict_song_lu, train
from earwitness.evaluation.systems.mix.weights import load_network, save_network
from earwitness.stimuli.audio import Samples
from earwitness.stimuli.errors import ModelError
from earwitness.stimuli.songs.song import make_song


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


def noise(seed: int, frames: int = BLOCK_FRAMES * HOP) -> Samples:
    draw = np.random.default_rng(seed)
    return (0.05 * draw.standard_normal((2, frames))).astype(np.float32)


def made_up(count: int, seed: int) -> SongBlocks:
    """Blocks whose relative level is the target: what a network that hears level must learn."""
    draw = torch.Generator().manual_seed(seed)
    target = 16.0 * torch.rand(count, generator=draw) - 10.0
    power = torch.rand(count, 2, BLOCK_FRAMES, 128, generator=draw)
    power[:, 1] *= 10.0 ** (target[:, None, None] / 10.0)
    return SongBlocks(power, target, float(target.mean()))


def test_the_network_has_as_many_parameters_as_published() -> None:
    assert parameter_count(LevelNetwork()) == 25_465


def test_a_block_is_a_second_and_a_half_of_both_stems() -> None:
    blocks = mel_blocks(noise(1, 3 * RATE), noise(2, 3 * RATE))
    assert blocks.shape == (2, 2, 64, 128)
    assert pytest.approx(1.486, abs=1e-3) == BLOCK_FRAMES * HOP / RATE
    torch.testing.assert_close(blocks[0, 0], mel_power(noise(2, 3 * RATE))[:64])  # backing first
    assert mel_blocks(noise(1, RATE // 2), noise(2, RATE // 2)).shape == (1, 2, 64, 128)


@pytest.mark.parametrize("band", [20, 60, 100])
def test_a_sine_at_the_centre_of_a_band_lights_it(band: int) -> None:
    top_mel = 2595.0 * np.log10(1.0 + RATE / 2 / 700.0)
    hz = 700.0 * (10.0 ** ((band + 1) * top_mel / 129.0 / 2595.0) - 1.0)
    sine = np.sin(2.0 * np.pi * hz * np.arange(RATE) / RATE)[None].astype(np.float32)
    assert int(mel_power(sine)[10:-10].mean(0).argmax()) == band


def test_normalising_over_time_hides_all_level() -> None:
    # As the upstream system does it, no network behind it can learn a level.
    power = made_up(3, 0).power
    louder = power.clone()
    louder[:, 1] *= 10.0
    torch.testing.assert_close(normalised(power, "l2_time"), normalised(louder, "l2_time"))
    network = LevelNetwork("l2_time").eval()
    assert (network(power) - network(louder)).abs().max() < 1e-5
    hears = LevelNetwork("db").eval()
    assert (hears(power) - hears(louder)).abs().max() > 1e-3


def test_wrongly_shaped_blocks_are_refused() -> None:
    with pytest.raises(ValueError, match="expected block × 2"):
        LevelNetwork()(torch.zeros(1, 2, 128, 64))


def test_a_recurrent_network_takes_longer_blocks() -> None:
    network = LevelNetwork("db", recurrent=True).eval()
    assert network(torch.rand(2, 2, 192, 128)).shape == (2,)


def test_training_learns_level_and_keeps_the_best_epoch() -> None:
    torch.manual_seed(0)
    network = LevelNetwork("db")
    validation = [made_up(40, 2)]
    history = train(network, [made_up(75, 1)], validation, epochs=6, seed=0)
    best = min(epoch.validation_mse_lu2 for epoch in history)
    assert block_error(network, validation) == pytest.approx(best)
    assert history[-1].train_mse_lu2 < 0.7 * history[0].train_mse_lu2
    assert not network.training


def test_targets_are_of_the_song_or_of_the_snippet() -> None:
    song = make_song(11, length_s=4.0)
    whole, parts = (song_blocks(song, target) for target in ("song", "snippet"))
    assert whole.target_lu.unique().tolist() == pytest.approx(
        [song.plan.relative_loudness_lu], abs=0.01
    )
    assert len(parts.target_lu.unique()) == len(parts.target_lu)
    assert parts.song_lu == pytest.approx(whole.song_lu)


def test_outliers_leave_training_songs_only_where_asked() -> None:
    song = SongBlocks(torch.rand(3, 2, 64, 128), torch.tensor([-12.0, -3.0, 7.0]), -4.0)
    [kept] = without_outliers([song])
    assert kept.target_lu.tolist() == [-3.0]
    assert without_outliers([SongBlocks(song.power[:1], song.target_lu[:1], -12.0)]) == []


def test_weights_come_back_as_they_were(tmp_path: Path) -> None:
    network = LevelNetwork("none").eval()
    save_network(tmp_path, network)
    again = load_network(tmp_path)
    power = torch.rand(2, 2, 64, 128)
    assert again.input_norm == "none"
    torch.testing.assert_close(again(power), network(power))
    (tmp_path / "weights.safetensors").write_bytes(b"no weights")
    with pytest.raises(ModelError, match="not the weights of a level network"):
        load_network(tmp_path)


def test_the_bundled_network_beats_the_mean_on_songs_it_never_saw(root: Path) -> None:
    network = load_network(root / "models" / "cnn-level")
    songs = [song_blocks(make_song(seed), "song") for seed in range(40_000, 40_004)]
    truth = [song.song_lu for song in songs]
    error = [abs(predict_song_lu(network, song.power) - song.song_lu) for song in songs]
    mean = statistics.fmean(truth)  # not even known to the network
    assert statistics.fmean(error) < statistics.fmean(abs(mean - lu) for lu in truth)
    assert statistics.fmean(error) < 1.5  # 0.85 over the 30 test songs of its card
