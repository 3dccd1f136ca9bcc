"""Simulated listeners judge as planted: known effects, every point used, the same for a seed."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest

from earwitness.app.blind import Identity
from earwitness.app.listener_model import Listener
from earwitness.stimuli.pages.training import TRAINING_BAD
from earwitness.stimuli.scales import Scale
from earwitness.stimuli.study import Simulation

SYSTEMS = {"good": 2.0, "middle": 0.0, "bad": -2.0}
OVERALL = Scale(id="overall", question="?", labels=("1", "2", "3", "4", "5"))
CLARITY = Scale(id="clarity", question="?", labels=("1", "2", "3", "4", "5"))


def answers(
    scale: Scale, system: str, *, seed: int = 1, listeners: int = 150, items: int = 8
) -> list[int | None]:
    simulation = Simulation(seed=seed, utilities=SYSTEMS)
    return [
        Listener(simulation, number).answer(scale, Identity(f"item-{item}", system, False))
        for number in range(listeners)
        for item in range(items)
    ]


def mean(values: list[int | None]) -> float:
    return float(np.mean([value for value in values if value is not None]))


def test_the_planted_order_shows_in_the_means() -> None:
    good, middle, bad = (mean(answers(OVERALL, system)) for system in SYSTEMS)
    assert good > middle + 0.7
    assert middle > bad + 0.7


def test_a_quality_of_zero_is_answered_in_the_middle_with_all_points() -> None:
    counts = Counter(value for value in answers(OVERALL, "middle") if value is not None)
    assert set(counts) == {1, 2, 3, 4, 5}
    assert mean(answers(OVERALL, "middle")) == pytest.approx(3.0, abs=0.25)


def test_a_logit_of_utility_moves_the_odds_as_planted() -> None:
    # Marginally over the normal effects the log odds shrink by about sqrt(1 + 0.346 s²).
    def log_odds(system: str) -> float:
        values = [value for value in answers(OVERALL, system, listeners=400) if value is not None]
        above = sum(value > 3 for value in values) / len(values)
        return math.log(above / (1 - above))

    spread = 0.8**2 + 0.4**2 + 0.5**2 + 0.25**2
    expected = 4.0 / math.sqrt(1 + 0.346 * spread)
    assert log_odds("good") - log_odds("bad") == pytest.approx(expected, abs=0.5)


def test_scales_of_one_version_agree_but_are_not_equal() -> None:
    pairs = [
        (a, b)
        for a, b in zip(answers(OVERALL, "middle"), answers(CLARITY, "middle"), strict=True)
        if a is not None and b is not None
    ]
    correlation = float(np.corrcoef(np.array(pairs).T)[0, 1])
    assert 0.6 < correlation < 0.95


def test_listeners_differ_from_each_other() -> None:
    found = answers(OVERALL, "middle")
    means = [mean(found[start : start + 8]) for start in range(0, len(found), 8)]
    assert np.std(means) > 0.5


def test_answers_are_the_same_for_a_seed_and_others_for_another() -> None:
    assert answers(OVERALL, "good") == answers(OVERALL, "good")
    assert answers(OVERALL, "good") != answers(OVERALL, "good", seed=2)


def test_about_one_answer_in_a_hundred_is_declined() -> None:
    share = answers(OVERALL, "good").count(None) / 1200
    assert 0.002 < share < 0.02


def test_the_versions_of_the_training_are_told_apart_by_everyone() -> None:
    simulation = Simulation(utilities=SYSTEMS)
    for system, expected in (("good", 5), (TRAINING_BAD, 1)):
        heard = Identity("item-t", system, True)
        found = [Listener(simulation, number).answer(OVERALL, heard) for number in range(100)]
        assert Counter(found).most_common(1)[0][0] == expected


@pytest.mark.parametrize("points", [2, 7, 11])
def test_any_number_of_points_is_used_from_end_to_end(points: int) -> None:
    scale = Scale(id="s", question="?", labels=tuple(map(str, range(points))))
    assert set(answers(scale, "middle")) - {None} == set(range(1, points + 1))
