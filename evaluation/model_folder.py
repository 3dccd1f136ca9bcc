"""Model folders (DESIGN §4): `model.toml`, and beside it code, weights or rendered audio."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator

from earwitness.stimuli.dataset import Task
from earwitness.stimuli.errors import ConfigError
from earwitness.stimuli.field_types import Name
from earwitness.stimuli.run_folder import files_digest
from earwitness.stimuli.schema import Role
from earwitness.stimuli.tomlfile import Section, load_toml

MODEL_FILE = "model.toml"
Finite = Annotated[float, Field(allow_inf_nan=False)]
DEFAULT_TIMEOUT_S = 300.0


class ModelFile(Section):
    """The whole `model.toml`. `task` is one task or a list; `factors` describe the system (z, rnn,
    mask, parameters) and go into tables; `parameters` are handed to its code; `inputs` are those of
    a dataset that it needs, for graphs in the order in which they take them."""

    name: Name
    task: tuple[Task, ...] = Field(min_length=1)
    role: Role
    adapter: str
    entry: str | None = None
    path: str | None = None
    command: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    fit: Literal["leave-one-group-out"] | None = None
    timeout_s: Finite = Field(default=DEFAULT_TIMEOUT_S, gt=0)
    factors: dict[str, str | int | Finite | bool] = Field(default={})
    parameters: dict[str, Any] = Field(default={})

    @field_validator("task", mode="before")
    @classmethod
    def _as_list(cls, value: object) -> object:
        return [value] if isinstance(value, str) else value


@dataclass(frozen=True)
class ModelFolder:
    """One system: its folder, what `model.toml` says, and the SHA-256 over all its files."""

    folder: Path
    file: ModelFile
    digest: str

    @property
    def name(self) -> str:
        return self.file.name

    @property
    def gets_reference(self) -> bool:
        """Whether it may see the reference of the item that it renders (DESIGN §4)."""
        return self.file.role in ("anchor", "reference")


def find_models(folder: Path) -> list[ModelFolder]:
    """The model folders in `folder` (or `folder` itself), by name of their folder.

    Raises:
        ConfigError: there is none, a `model.toml` is wrong, or two have one name.
    """
    if not folder.is_dir():
        raise ConfigError(f"{folder}: no such folder; give the folder that holds the models")
    if (folder / MODEL_FILE).is_file():
        return [load_model(folder)]
    found = sorted(path.parent for path in folder.glob(f"*/{MODEL_FILE}"))
    if not found:
        raise ConfigError(f"{folder}: no model in it; a model is a folder with a {MODEL_FILE}")
    models = [load_model(path) for path in found]
    _refuse_duplicates(models)
    return models


def load_model(folder: Path) -> ModelFolder:
    """Read one model folder.

    Raises:
        ConfigError: a key or value of `model.toml` is wrong, or a file cannot be read.
    """
    file = load_toml(folder / MODEL_FILE, ModelFile)
    return ModelFolder(folder.resolve(), file, folder_digest(folder))


def folder_digest(folder: Path) -> str:
    """SHA-256 over the names and contents of all files of a folder.

    Bytecode is left out: workers never read it (see `adapters.python`).
    """
    files = [path for path in folder.rglob("*") if path.is_file() and _counts(path)]
    try:
        return files_digest(files, folder)
    except OSError as error:
        raise ConfigError(f"{folder}: a file cannot be read ({error})") from error


def _counts(path: Path) -> bool:
    return path.suffix != ".pyc" and path.name != ".DS_Store"


def _refuse_duplicates(models: list[ModelFolder]) -> None:
    first: dict[str, ModelFolder] = {}
    for model in models:
        other = first.setdefault(model.name, model)
        if other is not model:
            raise ConfigError(
                f"{model.folder / MODEL_FILE}: name {model.name!r} is also in "
                f"{other.folder / MODEL_FILE}; system names are unique in a run"
            )
