"""The audio of a round: passages of the bundled songs and sentences, four systems each.

Every passage is another one: stems are rotated and weighted at random, sentences are strung
together and cut. References and estimates are float32 WAV files, as a run folder has them.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.signal
import soundfile

from .contender import Pair

Samples = npt.NDArray[np.float64]  # frame × channel

DATA = Path(__file__).parents[2] / "data"
SECONDS, SYSTEMS = 10.0, 4
VECTORS, DIMENSIONS = 2000, 512


def write_round(folder: Path, number: int, mixes: int, sentences: int) -> list[Pair]:
    """Write the files of round `number` (those of an earlier round are replaced).

    Args:
        folder: where to.
        number: of the round, which seeds its audio.
        mixes: items of 44.1 kHz stereo.
        sentences: items of 16 kHz mono.

    Returns:
        `SYSTEMS` pairs per item, those of an item beside each other.
    """
    generator = np.random.default_rng(number)
    pairs: list[Pair] = []
    for task, make, count in (("mix", _mix, mixes), ("speech", _sentences, sentences)):
        for item in range(count):
            reference, rate = make(generator)
            path = _write(folder / f"{task}-{item}.wav", reference, rate)
            for name, system in SYSTEMS_BY_NAME.items():
                estimate = system(reference, rate, generator)
                written = _write(folder / f"{task}-{item}-{name}.wav", estimate, rate)
                pairs.append({"task": task, "estimate": written, "reference": path})
    return pairs


def write_embeddings(folder: Path, number: int) -> list[Pair]:
    """Two sets of `VECTORS` vectors of `DIMENSIONS`, correlated as those of a network are."""
    generator = np.random.default_rng(number)
    blend = generator.standard_normal((DIMENSIONS, DIMENSIONS)) / DIMENSIONS**0.5
    paths = []
    for side, scale in (("estimate", 1.2), ("reference", 1.0)):
        path = folder / f"embeddings-{side}.npy"
        np.save(path, scale * generator.standard_normal((VECTORS, DIMENSIONS)) @ blend)
        paths.append(str(path))
    return [{"task": "set", "estimate": paths[0], "reference": paths[1]}]


def _noisy(decibels: float) -> Callable[[Samples, int, np.random.Generator], Samples]:
    def system(reference: Samples, _rate: int, generator: np.random.Generator) -> Samples:
        noise = generator.standard_normal(reference.shape) * reference.std()
        return np.asarray(reference + noise * 10.0 ** (-decibels / 20.0))

    return system


def _muffled(reference: Samples, rate: int, _generator: np.random.Generator) -> Samples:
    sections = scipy.signal.butter(4, 3500.0, fs=rate, output="sos")
    return np.asarray(scipy.signal.sosfilt(sections, reference, axis=0))


def _saturated(reference: Samples, _rate: int, _generator: np.random.Generator) -> Samples:
    return np.asarray(0.3 * np.tanh(reference / 0.1))


SYSTEMS_BY_NAME = {
    "noisy": _noisy(20.0),
    "very-noisy": _noisy(5.0),
    "muffled": _muffled,
    "saturated": _saturated,
}


def _mix(generator: np.random.Generator) -> tuple[Samples, int]:
    songs = sorted((DATA / "stems-demo/items").iterdir())
    song = songs[generator.integers(len(songs))]
    lead, rate = _read(song / "lead.flac")
    backing, _ = _read(song / "backing.flac")
    frames = round(SECONDS * rate)
    shift = int(generator.integers(len(lead)))
    gains = 10.0 ** (generator.uniform(-3.0, 3.0, 2) / 20.0)
    mixed = np.roll(gains[0] * lead + gains[1] * backing, shift, axis=0)[:frames]
    return 0.7 * mixed / np.abs(mixed).max(), rate


def _sentences(generator: np.random.Generator) -> tuple[Samples, int]:
    paths = sorted((DATA / "speech-demo/items").glob("*/reference.flac"))
    spoken = [_read(paths[index]) for index in generator.permutation(len(paths))]
    rate = spoken[0][1]
    strung = np.roll(np.concatenate([samples for samples, _ in spoken]), _any(generator), axis=0)
    passage = strung[: round(SECONDS * rate)]
    return 0.5 * passage / np.abs(passage).max(), rate


def _any(generator: np.random.Generator) -> int:
    return int(generator.integers(2**20))


@cache
def _read(path: Path) -> tuple[Samples, int]:
    read: Any = soundfile.read(path, dtype="float64", always_2d=True)
    return read


def _write(path: Path, samples: Samples, rate: int) -> str:
    soundfile.write(path, samples, rate, subtype="FLOAT")
    return str(path)
