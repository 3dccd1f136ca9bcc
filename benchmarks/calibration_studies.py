"""The simulated studies of the calibration benchmark, and every analysis of each.

The scenarios A and B are a latent logistic model with five categories and four systems, with
standard deviations 1 (participant), 0.5 (item), 0.6 (participant × system) and, but for A, 0.5
(item × system). D and E have the median ratios to the residual of five published MUSHRA tests.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from earwitness.analysis.arrays import Floats
from earwitness.analysis.planning.balanced import linear_model, min_f
from earwitness.analysis.planning.simulation import LOGISTIC_SD, Deviations, World, simulate

SYSTEMS = 4
CUTS = (-2.2, -0.8, 0.6, 2.0)
ORACLE_POWER = 0.8  # of the known-variance test, about, that the planted effect is sized for
_NORMAL = stats.norm.ppf(0.975) + stats.norm.ppf(ORACLE_POWER)


@dataclass(frozen=True)
class Scenario:
    """A kind of study. `residual` is the noise's SD in the unit of the scale."""

    name: str
    title: str
    participants: int
    items: int
    world: World

    @property
    def effect(self) -> float:
        """Of system 1 in the world with an effect, logits or points."""
        spread, cells = self.world.deviations, self.participants * self.items
        noise = self.world.residual * (1.05 if self.world.cuts else 1.0)  # categories lose a little
        variance = 2 * (
            spread.participant_system**2 / self.participants
            + spread.item_system**2 / self.items
            + noise**2 / cells
        )
        return round(float(_NORMAL * np.sqrt(variance)), 2)


_A = World(Deviations(1.0, 0.5, 0.6, 0.0), CUTS)
_B = World(Deviations(1.0, 0.5, 0.6, 0.5), CUTS)
_D = World(Deviations(*(LOGISTIC_SD * np.array([0.7, 0.25, 0.35, 0.6]))), CUTS)
_E = World(Deviations(9.0, 4.0, 5.0, 8.0), residual=14.0, middle=50.0)
SCENARIOS = {
    scenario.name: scenario
    for scenario in (
        Scenario("A-20x8", "no item × system", 20, 8, _A),
        Scenario("B-20x8", "20 listeners, 8 songs", 20, 8, _B),
        Scenario("B-12x12", "12 listeners, 12 songs", 12, 12, _B),
        Scenario("B-20x4", "4 songs: the safeguard", 20, 4, _B),
        Scenario("D-20x8", "item × system as in published tests", 20, 8, _D),
        Scenario("E-20x8", "0 to 100, as in published tests", 20, 8, _E),
    )
}
WORLDS = ("null", "effect")


def ratings(scenario: Scenario, world: str, first: int, count: int) -> Floats:
    """Studies `first`, `first` + 1, …: the same whatever they are drawn together with."""
    effects = np.zeros(SYSTEMS)
    effects[1] = scenario.effect if world == "effect" else 0.0
    place = list(SCENARIOS).index(scenario.name)
    drawn = [
        simulate(scenario.world, effects, scenario.participants, scenario.items, 1,
                 np.random.default_rng([2025, place, WORLDS.index(world), k]))
        for k in range(first, first + count)
    ]  # fmt: skip
    return np.concatenate(drawn)


def analyse_cheap(studies: Floats) -> dict[str, Floats]:
    """p of the naive tests, and the estimates of the linear model and of min-F′."""
    found = {f"naive: {name}": p for name, p in naive(studies).items()}
    for name, compared in (("linear", linear_model(studies)), ("min-F′", min_f(studies))):
        found[f"{name}: estimate"] = compared.estimates
        found[f"{name}: error"] = compared.errors
        found[f"{name}: df"] = compared.df
    return found


def naive(studies: Floats) -> dict[str, Floats]:
    """Two-sided p of system 1 against 0 by what is commonly done, by the name of the test."""
    count = len(studies)
    first, second = (studies[..., k].reshape(count, -1) for k in (1, 0))
    trials = first - second
    means = (studies[..., 1] - studies[..., 0]).mean(axis=2)
    items = (studies[..., 1] - studies[..., 0]).mean(axis=1)
    options = {"axis": 1, "zero_method": "wilcox", "method": "asymptotic"}
    with np.errstate(all="ignore"):
        return {
            "independent t, all ratings": stats.ttest_ind(first, second, axis=1).pvalue,
            "paired t on trials": stats.ttest_1samp(trials, 0, axis=1).pvalue,
            "Mann–Whitney, all ratings": stats.mannwhitneyu(first, second, axis=1).pvalue,
            "Wilcoxon on trial pairs": stats.wilcoxon(trials, **options).pvalue,
            "paired t on listener means": stats.ttest_1samp(means, 0, axis=1).pvalue,
            "Wilcoxon on listener means": stats.wilcoxon(means, **options).pvalue,
            "paired t on song means": stats.ttest_1samp(items, 0, axis=1).pvalue,
            "linear model with (1 | participant) + (1 | item)": _intercepts_only(studies),
        }


def _intercepts_only(studies: Floats) -> Floats:
    """The tutorials' model, whose residual holds both interactions with the system."""
    count, participants, items, systems = studies.shape
    rest = studies - studies.mean(axis=(2, 3), keepdims=True)
    rest = rest - studies.mean(axis=(1, 3), keepdims=True)
    rest = rest - studies.mean(axis=(1, 2), keepdims=True)
    rest = rest + 2 * studies.mean(axis=(1, 2, 3), keepdims=True)
    df = participants * items * systems - participants - items - systems + 2
    variance = np.sum(rest**2, axis=(1, 2, 3)) / df
    means = studies.mean(axis=(1, 2))
    error = np.sqrt(2 * variance / (participants * items))
    assert len(error) == count
    return np.asarray(2 * stats.t.sf(np.abs(means[:, 1] - means[:, 0]) / error, df))
