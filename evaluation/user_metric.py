"""A metric from a file of the user: `--metric file.py:function`, with `--trust`."""

from __future__ import annotations

import dataclasses
import hashlib
import importlib
import sys
from pathlib import Path
from types import ModuleType

from earwitness.stimuli.errors import ConfigError, MetricError

from .metrics.metric import Metric


def load_metric(source: str) -> Metric:
    """Import the file and take its `@register`-ed function.

    The file's SHA-256 becomes part of the metric's version, so that scores follow its content.

    Raises:
        ConfigError: `source` is not `file.py:function`, or there is no such file.
        MetricError: the file cannot be imported or has no such metric.
    """
    file, _, name = source.rpartition(":")
    path = Path(file).resolve()
    if path.suffix != ".py" or not name.isidentifier():
        raise ConfigError(f'--metric {source}: give "file.py:function"')
    if not path.is_file():
        raise ConfigError(f"--metric {source}: {path}: no such file")
    found = getattr(_import(path), name, None)
    if not isinstance(found, Metric):
        raise MetricError(
            f"{path}: {name} is no metric; put it under "
            "@earwitness.evaluation.metrics.register(Facts(...))"
        )
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    facts = dataclasses.replace(found.facts, version=f"{found.facts.version}+{digest[:12]}")
    return dataclasses.replace(found, facts=facts)


def _import(path: Path) -> ModuleType:
    """Import by the file's own name, by which worker processes find it again."""
    if str(path.parent) not in sys.path:
        sys.path.insert(0, str(path.parent))
    try:
        module = importlib.import_module(path.stem)
    except Exception as error:  # whatever the user's code raises
        raise MetricError(f"{path}: cannot be imported: {error}") from error
    if Path(module.__file__ or "").resolve() != path:
        raise MetricError(f"{path}: another module is called {path.stem}; rename the file")
    return module
