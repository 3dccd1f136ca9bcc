"""Make the audio of data/stems-demo and data/speech-demo again from its public sources.

    python scripts/make_demo_data.py SOURCES [DATA]

SOURCES is a folder with

* `usr/`: the Debian packages fretsonfire-songs-sectoid (1.dfsg-3.1) and fretsonfire-songs-muldjord
  (2.dfsg-2.1), fetched with `apt-get download` and unpacked with `dpkg -x PACKAGE.deb SOURCES`,
* `198-209-0000.hq.ogg`, `3436-172162-0000.hq.ogg`, `5703-47212-0000.hq.ogg`: utterances of
  LibriSpeech, from the folder `audio` of https://github.com/librosa/data.

DATA is the folder to write into (default: the `data` folder of this clone). The samples are the
same each time; only audio and arrays are written, never a README or a licence.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from earwitness.stimuli.audio import Samples, Signal
from earwitness.stimuli.mel import HOP, log_mel

SONGS = Path("usr/share/games/fretsonfire/data/songs")
STEMS = {"lead": "guitar.ogg", "backing": "song.ogg"}
DURATION_S = 10
# One gain for every stem: the loudest sum of two stays below full scale, the balance is untouched.
STEM_GAIN = np.float32(0.45)


@dataclass(frozen=True)
class Excerpt:
    """Where in which song an item lies."""

    item: str
    song: str
    start_s: int


EXCERPTS = (
    Excerpt("armygeddon", "muldjord/armygeddon", 102),
    Excerpt("feelings", "sectoid/Feelings", 145),
    Excerpt("metal-madness", "sectoid/Metal madness", 97),
    Excerpt("mutilated-mime", "muldjord/mutilated_mime", 106),
    Excerpt("feelings-training", "sectoid/Feelings", 161),
)
UTTERANCES = ("198-209-0000", "3436-172162-0000", "5703-47212-0000")


def write_flac(path: Path, samples: Samples, rate: int) -> Samples:
    """Write 16-bit FLAC and return the samples as a reader will find them."""
    path.parent.mkdir(parents=True, exist_ok=True)
    whole = np.clip(np.rint(samples * 32768.0), -32768, 32767).astype(np.int16)
    soundfile.write(path, whole.T, rate, subtype="PCM_16", format="FLAC")
    stored: Samples = whole.astype(np.float32) / np.float32(32768.0)
    return stored


def make_excerpt(sources: Path, folder: Path, excerpt: Excerpt) -> None:
    """Cut both stems of one item, without their DC ("Armygeddon" has some); original balance."""
    for name, file in STEMS.items():
        path = sources / SONGS / excerpt.song / file
        rate = soundfile.info(path).samplerate
        samples, _ = soundfile.read(
            path,
            frames=DURATION_S * rate,
            start=excerpt.start_s * rate,
            dtype="float32",
            always_2d=True,
        )
        centred = (samples - samples.mean(axis=0)).T * STEM_GAIN
        write_flac(folder / excerpt.item / f"{name}.flac", centred, rate)


def make_utterance(sources: Path, folder: Path, item: str) -> None:
    """One clip, cut to whole hops (at most 12.5 ms less), and its log-mel features."""
    samples, rate = soundfile.read(sources / f"{item}.hq.ogg", dtype="float32", always_2d=True)
    samples = samples[: len(samples) // HOP * HOP].T
    stored = write_flac(folder / item / "reference.flac", samples, rate)
    mel = log_mel(Signal(stored, rate))
    np.savez_compressed(folder / item / "mel.npz", values=mel.values, rate=np.float64(mel.rate))


def main(arguments: list[str]) -> int:
    if not 1 <= len(arguments) <= 2:
        print(__doc__, file=sys.stderr)
        return 2
    sources = Path(arguments[0])
    data = Path(arguments[1]) if len(arguments) == 2 else Path(__file__).parents[1] / "data"
    for excerpt in EXCERPTS:
        make_excerpt(sources, data / "stems-demo" / "items", excerpt)
    for item in UTTERANCES:
        make_utterance(sources, data / "speech-demo" / "items", item)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
