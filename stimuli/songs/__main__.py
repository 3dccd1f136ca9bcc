"""`python -m earwitness.stimuli.songs FOLDER`: a dataset of generated songs."""

from __future__ import annotations

from pathlib import Path

import click

from ..console import console, reported_errors
from .dataset import write_songs


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--songs", default=20, show_default=True, type=click.IntRange(1, 100_000))
@click.option("--training", default=0, show_default=True, help="More songs, for training pages.")
@click.option(
    "--seed", default=0, show_default=True, help="Seed of the first song; one up for each."
)
@click.option("--seconds", default=12.0, show_default=True, type=click.FloatRange(2.0, 600.0))
@reported_errors
def main(folder: Path, songs: int, training: int, seed: int, seconds: float) -> None:
    """Write a dataset of the task mix into FOLDER: generated songs whose mix is known."""
    seeds = range(seed, seed + songs + training)
    write_songs(folder, seeds, training=training, length_s=seconds)
    console.print(f"{folder}: {songs} songs", highlight=False)


if __name__ == "__main__":
    main()
