"""Audio files in, `Signal`s in memory, WAV files out; the limits that keep hostile files harmless.

Conventions: samples are float32, `channel × frame`, full scale ±1.0; `rate` is in Hz.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import scipy.io.wavfile
import soundfile

from .errors import DataError
from .truncation import is_truncated

MAX_CHANNELS = 32
MAX_SECONDS = 3600.0
MIN_RATE, MAX_RATE = 8_000, 192_000
AUDIO_SUFFIXES = (".wav", ".flac", ".ogg")

Samples = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Signal:
    """Audio in memory: `samples` is float32, `channel × frame`; `rate` in Hz."""

    samples: Samples
    rate: int

    def __post_init__(self) -> None:
        if self.samples.ndim != 2 or self.samples.dtype != np.float32:
            raise DataError(
                f"a signal needs float32 samples of shape channel × frame, "
                f"not {self.samples.dtype} {self.samples.shape}"
            )

    @property
    def channels(self) -> int:
        return int(self.samples.shape[0])

    @property
    def frames(self) -> int:
        return int(self.samples.shape[1])

    @property
    def duration_s(self) -> float:
        return self.frames / self.rate


def read_audio(path: Path, *, rate: int | None = None) -> Signal:
    """Decode a WAV, FLAC or Ogg file.

    Args:
        path: the file.
        rate: the rate that the file must have in Hz; None admits any in 8–192 kHz.

    Raises:
        DataError: missing, unreadable, truncated, empty, too long, too many channels, another
            rate, or samples that are not finite.
    """
    try:
        with soundfile.SoundFile(path) as file:
            _check_header(path, file, rate)
            samples = file.read(dtype="float32", always_2d=True)
            expected, found_rate = file.frames, file.samplerate
    except (soundfile.LibsndfileError, OSError, RuntimeError) as error:
        reason = "no such file" if not path.exists() else "unreadable or not an audio file"
        raise DataError(f"{path}: {reason}") from error
    if len(samples) != expected or is_truncated(path):
        raise DataError(f"{path}: truncated; only {len(samples) / found_rate:.2f} s can be read")
    if not np.isfinite(samples).all():
        raise DataError(f"{path}: has NaN or infinite samples")
    return Signal(np.ascontiguousarray(samples.T), int(found_rate))


def _check_header(path: Path, file: soundfile.SoundFile, rate: int | None) -> None:
    """Refuse before decoding what would exhaust memory or break a contract."""
    if rate is not None and file.samplerate != rate:
        raise DataError(f"{path}: its rate is {file.samplerate} Hz, not {rate} Hz; resample it")
    if not MIN_RATE <= file.samplerate <= MAX_RATE:
        raise DataError(f"{path}: its rate of {file.samplerate} Hz is outside 8–192 kHz")
    if file.channels > MAX_CHANNELS:
        raise DataError(f"{path}: {file.channels} channels; at most {MAX_CHANNELS} are read")
    if file.frames <= 0:
        raise DataError(f"{path}: has no audio frames")
    if file.frames > MAX_SECONDS * file.samplerate:
        raise DataError(f"{path}: longer than {MAX_SECONDS:.0f} s; cut an excerpt")


def find_audio(stem: Path) -> Path | None:
    """The file `stem` + one of `AUDIO_SUFFIXES` that exists, or None."""
    for suffix in AUDIO_SUFFIXES:
        path = stem.with_name(stem.name + suffix)
        if path.is_file():
            return path
    return None


def write_wav(path: Path, signal: Signal) -> None:
    """Write a float32 WAV file so that `path` never holds a half-written one (rename at the end).

    Equal signals give equal bytes (libsndfile would add the time of writing).

    Args:
        path: where; parent folders are made.
        signal: what; never clipped or normalised.

    Raises:
        DataError: the folder or the file cannot be written.
    """
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        scipy.io.wavfile.write(partial, signal.rate, signal.samples.T)
        partial.replace(path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise DataError(f"{path}: cannot be written ({error})") from error
