"""Train the level networks on generated songs: `python models/cnn-level/train.py` writes them all.

Seeded; a few minutes on a CPU. No song of `data/` is used: training, validation and test songs are
generated from disjoint seeds. Writes `weights.safetensors` and `training.json` into each folder.
"""

from __future__ import annotations

import json
import math
import statistics
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import click
import torch

from earwitness.evaluation.systems.mix.examples import (
    SongBlocks,
    Target,
    song_blocks,
    without_outliers,
)
from earwitness.evaluation.systems.mix.network import InputNorm, LevelNetwork, parameter_count
from earwitness.evaluation.systems.mix.training import predict_song_lu, train
from earwitness.evaluation.systems.mix.weights import save_network
from earwitness.stimuli.songs.song import make_song

MODELS = Path(__file__).parent.parent
SEED = 20220927
TRAINING = range(0, 96)
VALIDATION = range(10_000, 10_030)
TEST = range(20_000, 20_030)
PORTIONS = (1, 2, 4, 8, 16)


@dataclass(frozen=True)
class Recipe:
    folder: str
    input_norm: InputNorm
    target: Target
    frames: int = 64
    recurrent: bool = False
    epochs: int = 15


RECIPES = (
    Recipe("cnn-level", "db", "song"),
    Recipe("cnn-level-l2-time", "l2_time", "song"),
    Recipe("cnn-level-snippet", "db", "snippet"),
    Recipe("crnn-level", "db", "song", frames=192, recurrent=True),
)


@click.command()
@click.option("--only", type=click.Choice([recipe.folder for recipe in RECIPES]))
@click.option("--portions/--no-portions", default=True, help="Also the training-portion curve.")
def main(only: str | None, portions: bool) -> None:
    """Train every level network, or one."""
    for recipe in RECIPES:
        if only in (None, recipe.folder):
            write(recipe, portions=portions and recipe.folder == "cnn-level")


def write(recipe: Recipe, *, portions: bool) -> None:
    training, validation, test = (songs(seeds, recipe) for seeds in (TRAINING, VALIDATION, TEST))
    training = without_outliers(training)
    network, history = trained(recipe, training, validation)
    folder = MODELS / recipe.folder
    save_network(folder, network)
    facts = {
        "recipe": asdict(recipe),
        "seed": SEED,
        "parameters": parameter_count(network),
        "songs": {"training": len(training), "validation": len(validation), "test": len(test)},
        "history": [asdict(epoch) for epoch in history],
        "test": judged(network, training, test),
    }
    if portions:
        facts["portions"] = [
            {"songs": len(part), **judged(trained(recipe, part, validation)[0], part, test)}
            for part in (training[: len(training) // divisor] for divisor in PORTIONS)
        ]
    (folder / "training.json").write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
    click.echo(f"{recipe.folder}: {facts['test']}")


def songs(seeds: range, recipe: Recipe) -> list[SongBlocks]:
    with ProcessPoolExecutor() as pool:
        return list(pool.map(partial(blocks, recipe.target, recipe.frames), seeds, chunksize=8))


def blocks(target: Target, frames: int, seed: int) -> SongBlocks:
    torch.set_num_threads(1)
    return song_blocks(make_song(seed), target, frames=frames)


def trained(
    recipe: Recipe, training: Sequence[SongBlocks], validation: Sequence[SongBlocks]
) -> tuple[LevelNetwork, list]:  # type: ignore[type-arg]
    torch.manual_seed(SEED)
    network = LevelNetwork(recipe.input_norm, recurrent=recipe.recurrent)
    history = train(network, training, validation, epochs=recipe.epochs, seed=SEED)
    return network, history


def judged(
    network: LevelNetwork, training: Sequence[SongBlocks], test: Sequence[SongBlocks]
) -> dict[str, float]:
    """Mean absolute errors over test songs beside the constant's, in LU."""
    truth = [song.song_lu for song in test]
    predicted = [predict_song_lu(network, song.power) for song in test]
    constant = statistics.fmean(song.song_lu for song in training)
    return {
        "mae_lu": statistics.fmean(abs(p - t) for p, t in zip(predicted, truth, strict=True)),
        "constant_mae_lu": statistics.fmean(abs(constant - t) for t in truth),
        "correlation": statistics.correlation(predicted, truth)
        if statistics.pstdev(predicted) > 0
        else math.nan,
        "predicted_sd_lu": statistics.pstdev(predicted),
        "target_sd_lu": statistics.pstdev(truth),
    }


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
