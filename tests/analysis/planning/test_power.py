"""Power comes from the report's own tests and adjustments."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from earwitness.analysis.comparisons.multiplicity import Method, adjust
from earwitness.analysis.planning.assumptions import PlannedScale, from_pilot, read_pilot, typical
from earwitness.analysis.planning.balanced import Comparisons
from earwitness.analysis.planning.power import Question, Simulated, decided
from earwitness.analysis.planning.simulation import Deviations, World
from earwitness.stimuli.errors import DataError

ONE = Question("difference", 1.0, 1, "holm", 0.05)


@pytest.mark.parametrize("method", ["holm", "hochberg", "benjamini-hochberg", "dunnett"])
def test_decisions_are_those_of_the_reports_adjustment(method: Method) -> None:
    generator = np.random.default_rng(5)
    statistics = generator.normal(1.5, 1.5, size=(300, 3))
    df = np.full((300, 3), 12.0)
    found = decided(
        Comparisons(statistics, np.ones((300, 3)), df),
        Question("difference", 1.0, 3, method, 0.05),
    )
    correlation = np.full((3, 3), 0.5) + 0.5 * np.eye(3)
    count = 300 if method != "dunnett" else 4  # Dunnett's integral is slow
    for row, is_found in zip(statistics[:count], found, strict=False):
        assert (adjust(method, row, df[0], 0.05, correlation).p[0] < 0.05) == is_found


def test_power_is_that_of_the_t_test_where_nothing_but_noise_varies() -> None:
    """Noncentral t: 40 participants × 8 items, noise 3 points, a difference of 0.5."""
    world = World(Deviations(0.0, 0.0, 0.0, 0.0), residual=3.0)
    simulated = Simulated(world, Question("difference", 0.5, 1, "holm", 0.05), (40, 8), 2000, 1)
    shift = 0.5 / (3.0 * np.sqrt(2 / 320))
    expected = stats.norm.sf(1.96 - shift)  # 0.56
    # Components that are zero are estimated a little above it: somewhat less power.
    assert expected - 0.12 < simulated.power(40, 8) < expected + 0.04


def test_more_participants_do_not_replace_items() -> None:
    world = World(Deviations(0.0, 0.0, 0.2, 1.0), residual=1.0)
    simulated = Simulated(world, ONE, (60, 24), 200, 1)
    assert simulated.power(60, 6) < simulated.power(15, 24)
    assert simulated.smallest(6, 0.9, {20: simulated.power(20, 6)}) is None
    tried = {count: simulated.power(count, 24) for count in (3, 60)}
    fewest = simulated.smallest(24, 0.8, tried)
    assert fewest is not None
    assert simulated.power(fewest, 24) >= 0.8 > simulated.power(fewest - 1, 24)


def test_equivalence_has_power_only_within_a_wide_enough_margin() -> None:
    world = World(Deviations(5.0, 2.0, 2.0, 2.0), residual=10.0)
    narrow, wide = (
        Simulated(world, Question("equivalence", bound, 1, "holm", 0.05), (20, 12), 200, 1)
        for bound in (1.0, 8.0)
    )
    assert narrow.power(20, 12) < 0.2
    assert wide.power(20, 12) > 0.9


def test_a_pilot_gives_its_own_deviations_unless_it_is_too_small_to_know(
    ratings: Callable[..., pd.DataFrame],
) -> None:
    def pilot(participants: int, items: int) -> pd.DataFrame:
        return read_pilot(ratings(participants=participants, items=items, scales=("overall",)))

    scale = PlannedScale("overall", 5, 1.0, 5.0)
    usual = typical(scale).world.deviations
    large = from_pilot(pilot(participants=12, items=8), scale, "unmixed")
    assert large.source == "a pilot of 12 participants and 8 items"
    assert len(large.world.cuts) == 4
    small = from_pilot(pilot(participants=12, items=3), scale, "unmixed")
    assert small.world.deviations.item_system >= usual.item_system * (1 - 1e-9)
    assert "too small" in small.notes[0]
    with pytest.raises(DataError, match="other than 1 to 3"):
        from_pilot(pilot(participants=12, items=3), PlannedScale("overall", 3, 1.0, 3.0), "")
