"""Earwitness as a contender: files are read, and all pairs are scored in one call."""

from __future__ import annotations

import argparse
import importlib.metadata
import multiprocessing
import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import torch

from earwitness.evaluation.metrics import Pair as EnginePair
from earwitness.evaluation.metrics import metric, score_pairs
from earwitness.evaluation.metrics.facts import Outcome
from earwitness.evaluation.sets.frechet import frechet_distance
from earwitness.stimuli.audio import Signal, read_audio

from .contender import Answer, Pair, serve


def read_pairs(pairs: Sequence[Pair]) -> list[EnginePair]:
    """The signals; a reference that several systems share is read once."""
    references: dict[str, Signal] = {}
    read = []
    for pair in pairs:
        path = pair["reference"]
        if path not in references:
            references[path] = read_audio(Path(path))
        estimate = read_audio(Path(pair["estimate"]))
        read.append(
            EnginePair(
                system=pair["estimate"],
                item=path,
                task=pair["task"],
                estimate=estimate,
                reference=references[path],
            )
        )
    return read


def score(
    pairs: Sequence[Pair],
    metrics: Sequence[str],
    device: str,
    pool: ProcessPoolExecutor | None,
) -> Answer:
    """Read and score all pairs."""
    if pairs[0]["task"] == "set":
        return [{name: _distance(pair) for name in metrics} for pair in pairs], {}
    read = read_pairs(pairs)
    table = score_pairs(read, [metric(name) for name in metrics], device=device, pool=pool)
    values = [
        {name: _value(name, outcome) for name, outcome in zip(metrics, row, strict=True)}
        for row in table
    ]
    return values, {}


def _value(name: str, outcome: Outcome) -> float:
    if outcome.value is None:
        raise SystemExit(f"{name} has no value: {outcome.reason}")
    return outcome.value


def _distance(pair: Pair) -> float:
    sets = (torch.from_numpy(np.load(pair[side])) for side in ("estimate", "reference"))
    return frechet_distance(*sets)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--device", default="cpu")
    device = parser.parse_args().device
    facts = {
        "earwitness": importlib.metadata.version("earwitness"),
        "torch": torch.__version__,
        "threads": torch.get_num_threads(),
    }
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(os.cpu_count(), mp_context=context) as pool:
        serve(partial(score, device=device, pool=pool), facts)


if __name__ == "__main__":
    main()
