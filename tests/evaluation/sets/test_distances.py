"""Kernel distance, precision, recall, density and coverage against plain numpy; refusals."""

from __future__ import annotations

from itertools import product

import numpy as np
import numpy.typing as npt
import pytest
import torch
from torch import Tensor

from earwitness.evaluation.sets import distances, kernel
from earwitness.evaluation.sets.distances import Sets, SetValue
from earwitness.evaluation.sets.manifold import overlap

Values = npt.NDArray[np.float64]
OF_SETS = (
    distances.fad,
    distances.fad_infinity,
    distances.kad,
    distances.precision,
    distances.recall,
    distances.density,
    distances.coverage,
)


def normal(count: int, dimensions: int, seed: int) -> Tensor:
    return torch.randn(count, dimensions, generator=torch.Generator().manual_seed(seed))


def sets_of(items: int, windows: int, dimensions: int, *, shift: float = 0.5) -> Sets:
    ours = [normal(windows, dimensions, 2 * item) + shift for item in range(items)]
    theirs = [normal(windows, dimensions, 2 * item + 1) for item in range(items)]
    return Sets(ours, theirs, [f"song-{item}" for item in range(items)])


def brute_force_kad(sets: Sets) -> float:
    """The definition, pair by pair of different songs."""
    sigma = kernel.bandwidth(sets.theirs)
    ours = [
        (item, row.double().numpy()) for item, rows in enumerate(sets.estimates) for row in rows
    ]
    theirs = [
        (item, row.double().numpy()) for item, rows in enumerate(sets.references) for row in rows
    ]

    def mean(first: list[tuple[int, Values]], second: list[tuple[int, Values]]) -> float:
        apart = [(x, y) for (i, x), (j, y) in product(first, second) if i != j]
        return float(np.mean([np.exp(-((x - y) ** 2).sum() / (2 * sigma**2)) for x, y in apart]))

    return 100.0 * (mean(ours, ours) + mean(theirs, theirs) - 2.0 * mean(ours, theirs))


def test_the_kernel_distance_is_its_definition() -> None:
    sets = sets_of(6, 3, 5)
    assert distances.kad(sets).value == pytest.approx(brute_force_kad(sets), abs=1e-10)


def test_its_interval_comes_from_the_same_definition_without_each_song() -> None:
    sets = sets_of(9, 2, 3)
    found = distances.kad(sets)
    assert len(found.replicates) == 9
    sigma = kernel.bandwidth(sets.theirs)
    without = Sets(sets.estimates[1:], sets.references[1:], sets.groups[1:])
    expected = brute_force_kad(without)
    # The bandwidth stays that of the whole set.
    scaled = [abs(one - expected) for one in found.replicates]
    assert min(scaled) < 5.0 * abs(kernel.bandwidth(without.theirs) - sigma) + 1e-9


def test_the_kernel_distance_of_one_distribution_is_zero_on_average() -> None:
    values = [distances.kad(sets_of(20, 1, 8, shift=0.0)).value]
    values += [
        distances.kad(
            Sets(
                list(normal(20, 8, seed).split(1)),
                list(normal(20, 8, seed + 500).split(1)),
                [str(i) for i in range(20)],
            )
        ).value
        for seed in range(100, 160)
    ]
    found = np.array(values, dtype=np.float64)
    assert abs(found.mean()) < 3 * found.std() / np.sqrt(len(found))


def brute_force_overlap(ours: Values, theirs: Values, k: int) -> list[float]:
    def distance(first: Values, second: Values) -> Values:
        found: Values = np.linalg.norm(first[:, None] - second[None], axis=-1)
        return found

    radius = np.sort(distance(theirs, theirs), axis=1)[:, k]
    own = np.sort(distance(ours, ours), axis=1)[:, k]
    between = distance(ours, theirs)
    return [
        np.mean((between <= radius).any(1)),
        np.mean((between <= own[:, None]).any(0)),
        np.mean((between <= radius).sum(1)) / k,
        np.mean((between <= radius).any(0)),
    ]


def test_overlap_is_its_definition() -> None:
    ours, theirs = normal(70, 4, 1).double() + 0.7, normal(90, 4, 2).double()
    found = overlap(ours, theirs, 5)
    expected = brute_force_overlap(ours.numpy(), theirs.numpy(), 5)
    assert [found.precision, found.recall, found.density, found.coverage] == pytest.approx(expected)


def test_equal_sets_are_best() -> None:
    rows = list(normal(60, 6, 3).split(2))
    sets = Sets(rows, rows, [str(item) for item in range(30)])
    found = {compute.__name__: compute(sets).value for compute in OF_SETS}
    density = found.pop("density")
    assert density is not None
    assert density >= 1.0
    best = {"fad": 0.0, "fad_infinity": 0.0, "kad": 0.0}
    shares = dict.fromkeys(("precision", "recall", "coverage"), 1.0)
    assert found == pytest.approx({**best, **shares}, abs=1e-9)
    assert [one.value for one in distances.embedding_distance(sets)] == [0.0] * 30


def test_sets_that_are_too_small_have_a_reason_instead_of_a_number() -> None:
    refused: dict[str, SetValue] = {
        compute.__name__: compute(sets_of(1, 8, 40)) for compute in OF_SETS
    }
    assert {name: one.value for name, one in refused.items()} == dict.fromkeys(refused)
    assert "8 embeddings of 40 dimensions" in refused["fad"].reason
    assert "needs 10" in refused["fad_infinity"].reason
    assert refused["kad"].reason == "one item alone is no set"
    assert "shares need 50" in refused["recall"].reason
    assert distances.fad_item(sets_of(1, 8, 40))[0].value is None
    assert "half of the set" in distances.fad_infinity(sets_of(10, 5, 40)).reason


def test_few_songs_have_a_distance_and_no_interval() -> None:
    found = distances.fad(sets_of(7, 10, 4))
    assert found.value is not None
    assert found.interval == (None, None)
    assert None not in distances.fad(sets_of(8, 10, 4)).interval


def test_equal_references_have_no_bandwidth() -> None:
    rows = [torch.zeros(2, 3)] * 4
    assert "no bandwidth" in distances.kad(Sets(rows, rows, list("abcd"))).reason
