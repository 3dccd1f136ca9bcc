"""Models in, scores out: `evaluate` renders every system on every item and measures the result.

The names below are the stable Python API. They load on first use, so that importing the package
costs nothing and needs no torch.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .adapters.interface import ItemInputs, ItemReference, Rendering
    from .metrics import metric
    from .run import Run, evaluate

_HOME = {
    "ItemInputs": ".adapters.interface",
    "ItemReference": ".adapters.interface",
    "Rendering": ".adapters.interface",
    "Run": ".run",
    "evaluate": ".run",
    "metric": ".metrics",
}

__all__ = ["ItemInputs", "ItemReference", "Rendering", "Run", "evaluate", "metric"]


def __getattr__(name: str) -> Any:
    """Load a public name from its module when it is first used (PEP 562)."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOME[name], __name__), name)
