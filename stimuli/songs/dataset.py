"""Generated songs as a dataset folder (DESIGN §4), with the plans beside."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable
from pathlib import Path

from ..audio import write_wav
from ..errors import ConfigError
from .plan import SongPlan
from .song import LENGTH_S, RATE, make_song

PLANS_FILE = "plans.csv"


def write_songs(
    folder: Path,
    seeds: Iterable[int],
    *,
    training: int = 0,
    length_s: float = LENGTH_S,
    rate: int = RATE,
) -> None:
    """Write `dataset.toml`, `items/song-<seed>/{lead,backing}.wav` and `plans.csv`.

    The last `training` songs are for training pages: rendered, never scored.

    Raises:
        ConfigError: the folder holds something already.
    """
    if folder.exists() and any(folder.iterdir()):
        raise ConfigError(f"{folder}: is not empty; name a new folder for the songs")
    plans = []
    for seed in seeds:
        song = make_song(seed, rate=rate, length_s=length_s)
        item = folder / "items" / f"song-{seed}"
        item.mkdir(parents=True)
        write_wav(item / "lead.wav", song.lead)
        write_wav(item / "backing.wav", song.backing)
        plans.append(song.plan)
    _write_plans(folder / PLANS_FILE, plans)
    (folder / "dataset.toml").write_text(
        _dataset_toml(folder.name, rate, plans, training), encoding="utf-8"
    )


def _dataset_toml(name: str, rate: int, plans: list[SongPlan], training: int) -> str:
    items = [f"song-{plan.seed}" for plan in plans]
    test = len(items) - training
    return (
        f'name = "{name}"\ntask = "mix"\nrate = {rate}\ninputs = ["lead", "backing"]\n'
        'reference = "sum"\nbaseline = "unmixed"\n'
        'licence = "CC0-1.0 (generated)"\nmay_publish = true\n\n'
        f"[split]\ntest = {json.dumps(items[:test])}\ntraining = {json.dumps(items[test:])}\n"
    )


def _write_plans(path: Path, plans: list[SongPlan]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, fieldnames=list(plans[0].facts()))
        writer.writeheader()
        writer.writerows(plan.facts() for plan in plans)
