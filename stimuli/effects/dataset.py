"""Style pairs as a dataset folder of the task `style` (DESIGN §4)."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import soundfile

from ..audio import Signal
from ..errors import ConfigError
from .pairs import StylePair, make_pair
from .table import effect

EFFECTS_OF_DATASET = ("equaliser", "compressor", "distortion", "delay", "chorus", "reverb")
SETTINGS_FILE = "settings.csv"


@dataclass(frozen=True, eq=False)
class Recording:
    """A clean recording and its group: the speaker or song."""

    group: str
    signal: Signal


def write_style_dataset(
    folder: Path,
    recordings: Sequence[Recording],
    *,
    pairs_per_effect: int,
    length_s: float,
    seed: int,
    licence: str,
) -> None:
    """Write `dataset.toml`, `settings.csv` and `items/<effect>-<n>/{input,style,reference}.flac`.

    The pairs take the recordings in turn. The files are 16-bit FLAC.

    Raises:
        ConfigError: the folder holds something already.
        StimulusError: a recording is too short, or no draw was fit.
    """
    if folder.exists() and any(folder.iterdir()):
        raise ConfigError(f"{folder}: is not empty; name a new folder for the pairs")
    groups: dict[str, str] = {}
    rows: list[tuple[str, str, str, float]] = []
    for number in range(pairs_per_effect * len(EFFECTS_OF_DATASET)):
        name = EFFECTS_OF_DATASET[number % len(EFFECTS_OF_DATASET)]
        source = recordings[(number + number // len(EFFECTS_OF_DATASET)) % len(recordings)]
        pair = make_pair(source.signal, effect(name), length_s=length_s, seed=seed + number)
        item = f"{name}-{number // len(EFFECTS_OF_DATASET) + 1}"
        _write_item(folder / "items" / item, pair)
        groups[item] = source.group
        rows += [(item, name, parameter, value) for parameter, value in pair.settings.items()]
    rate = recordings[0].signal.rate
    (folder / "dataset.toml").write_text(_toml(folder.name, rate, licence, groups), "utf-8")
    with (folder / SETTINGS_FILE).open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("item", "effect", "parameter", "setting"), *rows])


def _write_item(folder: Path, pair: StylePair) -> None:
    folder.mkdir(parents=True)
    for name in ("input", "style", "reference"):
        signal: Signal = getattr(pair, name)
        soundfile.write(folder / f"{name}.flac", signal.samples.T, signal.rate, subtype="PCM_16")


def _toml(name: str, rate: int, licence: str, groups: dict[str, str]) -> str:
    lines = [
        f'name = "{name}"',
        'task = "style"',
        f"rate = {rate}",
        'inputs = ["input", "style"]',
        'reference = "reference"',
        'baseline = "no-effect"',
        f'licence = "{licence}"',
        "may_publish = true",
        "",
        "[groups]  # whose recording the input is",
        *(f'{item} = "{group}"' for item, group in groups.items()),
    ]
    return "\n".join(lines) + "\n"
