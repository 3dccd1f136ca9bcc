"""The stimulus set: which blinded file is which system's version of which item.

`STUDY/stimuli/stimuli.json` unblinds a study, so that it is readable by its owner only (mode 600)
and never leaves the server. The audio beside it is named by random ids.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from .errors import DataError, StimulusError
from .schema import Role
from .stimulus_page import StimulusRole
from .study import StudyFolder

StimulusId = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]  # 128 random bits
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]  # SHA-256


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class StimulusSystem(_Record):
    """A system of the study: its factors become columns of `systems.csv`."""

    name: str
    role: Role
    factors: dict[str, str | int | float | bool] = {}


class Stimulus(_Record):
    """One file to listen to: `stimuli/<id>.wav`, 16-bit PCM."""

    id: StimulusId
    item: str
    system: str
    role: StimulusRole
    is_training: bool
    page: str = ""  # the only page that has it; empty where all tests share it
    take: int = 0  # a second take differs in its dither only
    frames: int = Field(gt=0)
    bytes: int = Field(gt=44)
    sha256: Digest
    gain_db: float  # what was applied to the rendering
    loudness_lufs: float  # as measured on the file
    true_peak_dbtp: float
    flags: tuple[str, ...] = ()


class StimulusSet(_Record):
    """All stimuli of a study; one rate and one number of channels."""

    format: Literal[1] = Field(default=1, alias="schema")
    study: str
    study_version: str
    study_digest: Digest
    run_digest: Digest
    rate: int
    channels: int
    systems: tuple[StimulusSystem, ...]
    stimuli: tuple[Stimulus, ...]
    level_noise: StimulusId

    @property
    def ids(self) -> set[str]:
        """Every file that belongs to the set."""
        return {stimulus.id for stimulus in self.stimuli} | {self.level_noise}


def stimulus_path(folder: StudyFolder, stimulus_id: str) -> Path:
    """Where the audio of a stimulus (or of the level-setting noise) lies."""
    return folder.stimuli / f"{stimulus_id}.wav"


def load_stimuli(folder: StudyFolder) -> StimulusSet:
    """Read a study's stimulus set.

    Raises:
        StimulusError: the study is not prepared yet.
        DataError: the file is unreadable or not a stimulus set.
    """
    path = folder.manifest
    try:
        return StimulusSet.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        raise StimulusError(
            f"{path}: no such file; run `earwitness prepare {folder.root}`"
        ) from None
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error})") from error
    except ValidationError as error:
        raise DataError(
            f"{path}: not a stimulus set of this version; delete it and prepare again"
        ) from error


def save_stimuli(folder: StudyFolder, stimuli: StimulusSet) -> None:
    """Write `stimuli.json`, readable by the owner only; a reader sees the old or the new one.

    Raises:
        StimulusError: the folder cannot be written.
    """
    content = stimuli.model_dump_json(by_alias=True, indent=1).encode()
    write_file(folder.manifest, content, mode=0o600)


def write_file(path: Path, content: bytes, *, mode: int) -> None:
    """Replace `path` by `content` in one step; it is on the disk when this returns.

    Raises:
        StimulusError: the folder cannot be written.
    """
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.unlink(missing_ok=True)
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            partial.unlink()
        raise StimulusError(f"{path}: cannot be written ({error})") from error
