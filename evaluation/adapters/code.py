"""The class that `entry = "file.py:Class"` names: found, run, and held to its contract.

Only trusted folders get here, and only inside a worker process.
"""

from __future__ import annotations

import functools
import importlib.util
import sys
from collections.abc import Callable
from importlib.machinery import (
    EXTENSION_SUFFIXES,
    SOURCE_SUFFIXES,
    ExtensionFileLoader,
    FileFinder,
    SourceFileLoader,
)
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from earwitness.stimuli.errors import ConfigError, ModelError

from ..model_folder import MODEL_FILE, ModelFolder

_MODULE_NAME = "earwitness_model"


def entry_of(model: ModelFolder) -> tuple[Path, str]:
    """The file and the class of `entry`.

    Raises:
        ConfigError: `entry` is missing, malformed or outside the folder.
    """
    where, entry = model.folder / MODEL_FILE, model.file.entry or ""
    file, _, name = entry.partition(":")
    if not (file.endswith(".py") and name.isidentifier()):
        raise ConfigError(f'{where}: adapter "{model.file.adapter}" needs entry = "file.py:Class"')
    path = (model.folder / file).resolve()
    if not path.is_relative_to(model.folder):
        raise ConfigError(f"{where}: entry: {file} is outside the model's folder")
    if not path.is_file():
        raise ConfigError(f"{where}: entry: {path}: no such file")
    return path, name


def load_class(model: ModelFolder) -> Callable[..., Any]:
    """Run the file of `entry` and take its class.

    Raises:
        ModelError: the file has no such class. What its code raises comes through as it is.
    """
    path, name = entry_of(model)
    factory: Callable[..., Any] | None = getattr(_run_module(path), name, None)
    if factory is None:
        raise ModelError(f"{path}: has no class {name}")
    return factory


def checked_system(model: ModelFolder, system: Any) -> Any:
    """`system`, if it has the methods that `model.toml` promises.

    Raises:
        ModelError: it has no `render`, or no `fit` where it is to be fitted.
    """
    file, _, name = (model.file.entry or "").rpartition(":")
    where = model.folder / file
    if not callable(getattr(system, "render", None)):
        raise ModelError(f"{where}: {name} has no method render")
    if model.file.fit and not callable(getattr(system, "fit", None)):
        raise ModelError(f"{where}: model.toml sets fit, but {name} has no method fit")
    return system


def _run_module(path: Path) -> ModuleType:
    """Import the file; modules beside it can be imported by name."""
    sys.path_hooks.insert(0, functools.partial(_find_sources, path.parent))
    sys.path.insert(0, str(path.parent))
    spec = importlib.util.spec_from_loader(_MODULE_NAME, _SourceOnly(_MODULE_NAME, str(path)))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[_MODULE_NAME] = module
    spec.loader.exec_module(module)
    return module


class _SourceOnly(SourceFileLoader):
    """Compiles the source each time: bytecode is outside the digest, so it could be forged."""

    def get_code(self, fullname: str) -> CodeType:
        path = self.get_filename(fullname)
        return self.source_to_code(self.get_data(path), path)


def _find_sources(folder: Path, path: str) -> FileFinder:
    """A path hook that finds the modules of a model's folder without their bytecode."""
    if not Path(path).is_relative_to(folder):
        raise ImportError(path)
    return FileFinder(
        path, (ExtensionFileLoader, EXTENSION_SUFFIXES), (_SourceOnly, SOURCE_SUFFIXES)
    )
