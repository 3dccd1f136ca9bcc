"""The keys of `model.toml` that an adapter uses; any other is refused, never ignored."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from earwitness.stimuli.errors import ConfigError

from ..model_folder import MODEL_FILE, ModelFolder

_OF_SOME_ADAPTERS = ("entry", "path", "command", "outputs", "fit")


def refuse_unused(model: ModelFolder, *used: str) -> None:
    """Refuse keys that only other adapters use.

    Raises:
        ConfigError: names the first one.
    """
    for key in _OF_SOME_ADAPTERS:
        if key not in used and getattr(model.file, key):
            raise ConfigError(
                f'{model.folder / MODEL_FILE}: adapter "{model.file.adapter}" has no use for '
                f"{key}; remove it"
            )


def check_path(model: ModelFolder, what: str) -> None:
    """Refuse a `path` that names no file of the folder, whose digest would not cover it.

    Raises:
        ConfigError: it is missing, leads out of the folder, or there is no such file.
    """
    where, path = model.folder / MODEL_FILE, PurePosixPath(model.file.path or "")
    if not model.file.path:
        raise ConfigError(f'{where}: adapter "{model.file.adapter}" needs path = "<{what}>"')
    if path.is_absolute() or ".." in path.parts:
        raise ConfigError(f"{where}: path: {path} is outside the model's folder")
    if not model_path(model).is_file():
        raise ConfigError(f"{where}: path: {model_path(model)}: no such file")


def model_path(model: ModelFolder) -> Path:
    """The file that `path` names."""
    return model.folder / (model.file.path or "")


def folder_digest(model: ModelFolder, item: str) -> str:  # noqa: ARG001
    """What decides the rendering of one item of a system that computes: every file it has."""
    return model.digest
