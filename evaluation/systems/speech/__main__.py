"""`python -m earwitness.evaluation.systems.speech DATASET FOLDER`: simulated neural recordings."""

from __future__ import annotations

from pathlib import Path

import click
import numpy as np
import soundfile

from earwitness.stimuli.audio import Signal
from earwitness.stimuli.console import console, reported_errors
from earwitness.stimuli.dataset import load_dataset
from earwitness.stimuli.errors import ConfigError

from .ecog import Cortex
from .features import analyse
from .synthesizer import RATE


@click.command()
@click.argument("speech", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--seconds", default=4.0, show_default=True, type=click.FloatRange(1.0, 60.0))
@click.option("--snr-db", default=6.0, show_default=True, help="Signal to noise of an electrode.")
@click.option("--electrodes", default=48, show_default=True, type=click.IntRange(1, 1024))
@click.option("--seed", default=0, show_default=True)
@reported_errors
def main(
    speech: Path, folder: Path, seconds: float, snr_db: float, electrodes: int, seed: int
) -> None:
    """Write trials of SIMULATED neural signals into FOLDER, from the speech of the dataset SPEECH.

    Every recording is cut into trials of so many seconds; a rest is left out.
    """
    if folder.exists() and any(folder.iterdir()):
        raise ConfigError(f"{folder}: is not empty; name a new folder for the trials")
    source = load_dataset(speech)
    if source.rate != RATE:
        raise ConfigError(f"{speech}: has {source.rate} Hz; the features need {RATE} Hz")
    cortex = Cortex(electrodes=electrodes, snr_db=snr_db, seed=seed)
    groups: dict[str, str] = {}
    for item in source.items:
        for number, part in enumerate(_cut(source.reference_audio(item), seconds), start=1):
            name = f"{item.id}-{number}"
            _write(folder / "items" / name, part, cortex, trial=len(groups))
            groups[name] = item.group
    (folder / "dataset.toml").write_text(_toml(folder.name, source.licence, groups), "utf-8")
    console.print(f"{folder}: {len(groups)} simulated trials", highlight=False)


def _cut(signal: Signal, seconds: float) -> list[Signal]:
    frames = round(seconds * signal.rate)
    starts = range(0, signal.frames - frames + 1, frames)
    return [Signal(np.ascontiguousarray(signal.samples[:, s : s + frames]), RATE) for s in starts]


def _write(folder: Path, speech: Signal, cortex: Cortex, *, trial: int) -> None:
    folder.mkdir(parents=True)
    soundfile.write(folder / "reference.flac", speech.samples.T, RATE, subtype="PCM_16")
    neural = cortex.record(analyse(speech.samples), trial=trial)
    np.savez_compressed(folder / "neural.npz", values=neural.values, rate=neural.rate)


def _toml(name: str, licence: str, groups: dict[str, str]) -> str:
    items: list[str] = [f'{item} = "{group}"' for item, group in groups.items()]
    head = [
        f'name = "{name}"',
        'task = "speech"',
        f"rate = {RATE}",
        'inputs = ["neural"]  # simulated, no patient',
        'reference = "reference"',
        'baseline = "ecog-shuffled"',
        f'licence = "{licence}"',
        "may_publish = true",
        "",
        "[groups]  # speakers",
    ]
    return "\n".join([*head, *items]) + "\n"


if __name__ == "__main__":
    main()
