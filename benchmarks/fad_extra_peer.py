"""Runs in the environment that `fad_extra.py` makes: the peers' own distance functions.

Arguments: `.npz` files with `first` and `second`. Prints one line of JSON: for each peer and file a
number with its seconds, or what went wrong.
"""

from __future__ import annotations

import ast
import importlib.metadata
import importlib.util
import json
import logging
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib.scimath import sqrt
from scipy import linalg

Distance = Callable[[Any, Any], float]
PACKAGES = ("frechet-audio-distance", "fadtk", "numpy", "scipy")


def frechet_audio_distance() -> Distance:
    """The functions of frechet-audio-distance, of an object without a network."""
    space = own_code("frechet_audio_distance", "fad.py", "FrechetAudioDistance")
    bare = space["FrechetAudioDistance"].__new__(space["FrechetAudioDistance"])

    def distance(first: Any, second: Any) -> float:
        sides = (bare.calculate_embd_statistics(one) for one in (first, second))
        return float(bare.calculate_frechet_distance(*(part for side in sides for part in side)))

    return distance


def fadtk() -> Distance:
    """`calc_frechet_distance` of fadtk."""
    space = own_code("fadtk", "fad.py", "calc_frechet_distance")

    def distance(first: Any, second: Any) -> float:
        sides = ((one.mean(0), np.cov(one, rowvar=False)) for one in (first, second))
        found = space["calc_frechet_distance"](*(part for side in sides for part in side))
        return float(np.real(found))

    return distance


def own_code(package: str, file: str, name: str) -> dict[str, Any]:
    """One class or function of an installed package, whose import would fetch tokenizers."""
    found = importlib.util.find_spec(package)
    if found is None or not found.submodule_search_locations:
        raise ModuleNotFoundError(f"{package} is not installed")
    path = Path(found.submodule_search_locations[0]) / file
    nodes = ast.parse(path.read_text(encoding="utf-8")).body
    kinds = (ast.FunctionDef, ast.ClassDef)
    [wanted] = [node for node in nodes if isinstance(node, kinds) and node.name == name]
    space: dict[str, Any] = {"np": np, "linalg": linalg, "scisqrt": sqrt}
    space["log"] = logging.getLogger(package)
    exec(compile(ast.Module([wanted], []), str(path), "exec"), space)
    return space


def measure(make: Callable[[], Distance], paths: list[str]) -> list[tuple[float | str, float]]:
    """(distance or what went wrong, seconds) for each file."""
    try:
        distance = make()
    except Exception as error:
        text = f"not usable: {type(error).__name__}: {error}"
        return [(text, 0.0)] * len(paths)
    found: list[tuple[float | str, float]] = []
    for path in paths:
        with np.load(path) as sets:
            first, second = sets["first"], sets["second"]
        started = time.perf_counter()
        try:
            value: float | str = distance(first, second)
        except Exception as error:
            value = f"{type(error).__name__}: {error}"
        found.append((value, time.perf_counter() - started))
    return found


def version(name: str) -> str:
    """The installed version."""
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "absent"


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    print(
        json.dumps(
            {
                "frechet-audio-distance": measure(frechet_audio_distance, sys.argv[1:]),
                "fadtk": measure(fadtk, sys.argv[1:]),
                "versions": {name: version(name) for name in PACKAGES},
            }
        )
    )
