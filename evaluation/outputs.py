"""What systems rendered, in the run: `audio/<system>/<item>.wav`, `stems/<system>/<item>/`."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path

from earwitness.stimuli.audio import Signal, read_audio, write_wav
from earwitness.stimuli.errors import DataError
from earwitness.stimuli.run_folder import files_digest, rendering_path

from .adapters.interface import Rendering
from .plan import Job


def write_rendering(run: Path, job: Job, rendering: Rendering) -> None:
    """Replace what the run has of a job; the audio comes last, so that it never lacks its stems.

    Raises:
        DataError: the run folder cannot be written.
    """
    remove_rendering(run, job)
    rate = job.state.dataset.rate
    for name, samples in rendering.stems.items():
        write_wav(_stem_path(run, job, name), Signal(samples, rate))
    write_wav(audio_path(run, job), Signal(rendering.audio, rate))


def read_rendering(run: Path, job: Job, stems: Sequence[str]) -> tuple[Signal, dict[str, Signal]]:
    """The audio and the stems of a job, as they were written."""
    rate = job.state.dataset.rate
    parts = {name: read_audio(_stem_path(run, job, name), rate=rate) for name in stems}
    return read_audio(audio_path(run, job), rate=rate), parts


def remove_rendering(run: Path, job: Job) -> None:
    """Remove what an earlier run left of a job.

    Raises:
        DataError: the run folder cannot be written.
    """
    try:
        audio_path(run, job).unlink(missing_ok=True)
        shutil.rmtree(_stem_folder(run, job), ignore_errors=True)
    except OSError as error:
        raise DataError(f"{run}: cannot be written ({error.strerror})") from error


def rendering_digest(run: Path, job: Job, stems: Iterable[str]) -> str:
    """SHA-256 over the files of a job; a missing one changes it."""
    return files_digest([audio_path(run, job), *(_stem_path(run, job, s) for s in stems)], run)


def audio_path(run: Path, job: Job) -> Path:
    """The rendering as one WAV file, float32."""
    return rendering_path(run, job.model.name, job.item)


def _stem_folder(run: Path, job: Job) -> Path:
    return run / "stems" / job.model.name / job.item


def _stem_path(run: Path, job: Job, stem: str) -> Path:
    return _stem_folder(run, job) / f"{stem}.wav"
