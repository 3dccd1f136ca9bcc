"""Our Fréchet distance beside those of frechet-audio-distance and fadtk, on the same embeddings.

    python benchmarks/fad_extra.py [--venv DIR] [--python PYTHON]

Both need numpy < 2: they get an environment of their own, kept in DIR and used again. Only their
distance functions run there, `calculate_frechet_distance` and `calc_frechet_distance`, taken from
the installed files: importing the packages would load networks and fetch tokenizers.
Exits with 1 where a distance of full rank differs by more than 1e-6 of itself.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from rich.console import Console
from rich.table import Table

from earwitness.evaluation.sets.frechet import frechet_distance

PEER = Path(__file__).with_name("fad_extra_peer.py")
PEERS = ("frechet-audio-distance", "fadtk")
REQUIREMENTS = ("numpy<2", "scipy<1.18")
PACKAGES = ("frechet-audio-distance==0.3.4", "fadtk==1.1.0")  # without their 3 GB of dependencies
TOLERANCE = 1e-6
# Name, vectors, dimensions, dimensions that they span.
SETS = (
    ("2,000 × 128", 2000, 128, 128),
    ("300 × 128", 300, 128, 128),
    ("1,200 × 512", 1200, 512, 512),
    ("100 × 512: fewer than dimensions", 100, 512, 512),
    ("2,000 × 128 of rank 30", 2000, 128, 30),
    ("500 × 128, equal sets", 500, 128, 128),
)
FULL_RANK = 3  # of them, in which all formulas are well conditioned


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--venv", type=Path, default=Path("build") / "fad-extra")
    parser.add_argument("--python", default=sys.executable)
    options = parser.parse_args()
    interpreter = prepare(options.venv, options.python)
    with tempfile.TemporaryDirectory() as folder:
        paths = make_sets(Path(folder))
        own = [measure(path) for path in paths]
        command = [str(interpreter), str(PEER), *map(str, paths)]
        printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    peers = json.loads(printed.splitlines()[-1])
    show(own, peers)
    sys.exit(
        not all(
            abs(peers[peer][place][0] - own[place][0]) <= TOLERANCE * own[place][0]
            for peer in PEERS
            for place in range(FULL_RANK)
            if isinstance(peers[peer][place][0], float)
        )
    )


def prepare(folder: Path, python: str) -> Path:
    """The interpreter of the environment, made where it is missing."""
    interpreter, ready = folder / "bin" / "python", folder / "ready"
    if not ready.exists():
        subprocess.run([python, "-m", "venv", str(folder)], check=True)
        pip = [str(interpreter), "-m", "pip", "install", "--quiet"]
        subprocess.run([*pip, *REQUIREMENTS], check=True)
        subprocess.run([*pip, "--no-deps", *PACKAGES], check=True)
        ready.touch()
    return interpreter


def make_sets(folder: Path) -> list[Path]:
    """Pairs of sets as `.npz` files: random mixtures of as many dimensions as they span."""
    paths = []
    for seed, (name, count, dimensions, spanned) in enumerate(SETS):
        rng = np.random.default_rng(seed)
        mixing = rng.normal(size=(spanned, dimensions)) / dimensions**0.5
        first = rng.normal(size=(count, spanned)) @ mixing
        other = 1.2 * rng.normal(size=(count, spanned)) @ mixing
        paths.append(folder / f"{seed}.npz")
        np.savez(paths[-1], first=first, second=first if "equal" in name else other)
    return paths


def measure(path: Path) -> tuple[float, float]:
    """(our distance, seconds)."""
    with np.load(path) as sets:
        first, second = (torch.from_numpy(sets[name]) for name in ("first", "second"))
    started = time.perf_counter()
    return frechet_distance(first, second), time.perf_counter() - started


def show(own: list[tuple[float, float]], peers: dict[str, list[tuple[float | str, float]]]) -> None:
    """Print the distances side by side."""
    table = Table(title=f"Fréchet distance of the same embeddings; peers: {peers['versions']}")
    table.add_column("sets")
    for name in ("ours", *PEERS):
        table.add_column(name, justify="right", max_width=40)
        table.add_column("s", justify="right")
    for place, (value, seconds) in enumerate(own):
        cells = [SETS[place][0], f"{value:.9g}", f"{seconds:.3f}"]
        for peer in PEERS:
            found, taken = peers[peer][place]
            cells += [f"{found:.9g}" if isinstance(found, float) else found, f"{taken:.3f}"]
        table.add_row(*cells)
    Console(width=160).print(table)


if __name__ == "__main__":
    main()
