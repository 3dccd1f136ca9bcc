"""`python -m earwitness.stimuli.effects DATASET FOLDER`: style pairs from clean recordings."""

from __future__ import annotations

from pathlib import Path

import click

from ..console import console, reported_errors
from ..dataset import load_dataset
from .dataset import EFFECTS_OF_DATASET, Recording, write_style_dataset


@click.command()
@click.argument("recordings", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--pairs", default=2, show_default=True, help="Pairs of each effect.")
@click.option("--seconds", default=4.0, show_default=True, type=click.FloatRange(0.5, 60.0))
@click.option("--seed", default=0, show_default=True)
@reported_errors
def main(recordings: Path, folder: Path, pairs: int, seconds: float, seed: int) -> None:
    """Write style pairs into FOLDER, made from the reference audio of the dataset RECORDINGS."""
    source = load_dataset(recordings)
    clean = [Recording(item.group, source.reference_audio(item)) for item in source.items]
    write_style_dataset(
        folder, clean, pairs_per_effect=pairs, length_s=seconds, seed=seed, licence=source.licence
    )
    count = pairs * len(EFFECTS_OF_DATASET)
    console.print(f"{folder}: {count} pairs of {len(clean)} recordings", highlight=False)


if __name__ == "__main__":
    main()
