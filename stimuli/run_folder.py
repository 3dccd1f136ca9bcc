"""What `prepare` reads of a run (DESIGN §4): its manifest and where its renderings lie."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from .errors import DataError
from .field_types import Name
from .schema import Role


class _Entry(BaseModel):
    # `evaluate` records more than a listening test needs, and later versions add to it.
    model_config = ConfigDict(extra="ignore", frozen=True)


class RunSystem(_Entry):
    """A system that the run rendered."""

    name: Name
    role: Role
    tasks: tuple[str, ...]
    factors: dict[str, str | int | float | bool] = {}


class RunItem(_Entry):
    """An item that the run rendered."""

    id: Name
    dataset: str
    task: str
    split: str
    group: str = ""  # its song or speaker


class RunDataset(_Entry):
    """A dataset of the run; only what may be published is served to participants."""

    name: str
    may_publish: bool


class RunManifest(_Entry):
    """The part of `RUN/manifest.json` that decides about stimuli."""

    systems: tuple[RunSystem, ...]
    items: tuple[RunItem, ...]
    datasets: tuple[RunDataset, ...]


def load_run(folder: Path) -> RunManifest:
    """Read the manifest of a run.

    Raises:
        DataError: there is no run, or its manifest is unreadable or lacks something.
    """
    path = folder / "manifest.json"
    try:
        return RunManifest.model_validate_json(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        raise DataError(
            f"{folder}: no run there (manifest.json is missing); run `evaluate` first, or correct "
            "stimuli.run in study.toml"
        ) from None
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error})") from error
    except ValidationError as error:
        where = ".".join(str(part) for part in error.errors()[0]["loc"]) or "top level"
        raise DataError(f"{path}: not a run's manifest ({where}); run `evaluate` again") from error


def rendering_path(folder: Path, system: str, item: str) -> Path:
    """Where a run keeps one system's rendering of one item."""
    return folder / "audio" / system / f"{item}.wav"


def file_digest(path: Path) -> str:
    """SHA-256 of a file's content; `missing` where there is none."""
    if not path.is_file():
        return "missing"
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def files_digest(files: Iterable[Path], folder: Path) -> str:
    """SHA-256 over files and their names relative to `folder`, whatever order they come in."""
    digest = hashlib.sha256()
    for path in sorted(files):
        digest.update(f"{path.relative_to(folder).as_posix()}\0{file_digest(path)}\n".encode())
    return digest.hexdigest()
