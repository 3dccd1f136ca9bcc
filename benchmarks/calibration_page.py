"""benchmarks/CALIBRATION.md from the stored chunks."""

from __future__ import annotations

import json
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy import stats

from benchmarks.calibration_studies import SCENARIOS, WORLDS, Scenario
from earwitness.analysis.arrays import Floats
from earwitness.analysis.comparisons.family import FEWEST_ITEMS
from earwitness.analysis.planning.balanced import Comparisons
from earwitness.analysis.planning.power import Question, monte_carlo_interval, stepped

ALPHA = 0.05
HEAD = """# Does the report hold what it claims?

Simulated studies whose truth is known, by `python -m benchmarks.calibration`: {studies:,} per
scenario and world with the linear model, min-F′ and the naive tests; the cumulative model on as
many as the tables say. Four systems; everyone rates everything once. *Null*: all systems alike.
*Effect*: one is better by so much that a test that knew all variances would find it about 4
times in 5. Brackets: 95 % Monte-Carlo intervals; type-I error is over all three comparisons.
Goals: type-I error at most 6 %, coverage 93 to 97 %, power at least 85 % of that of the test that
knows all variances (the oracle).

The report decides by the **cumulative model** on category scales and the **linear model** on
others, with Satterthwaite's df, from {fewest} items on; with fewer by **min-F′**. Bold: its choice.
*Not widened*: with the standard errors of plain maximum likelihood, as R's `ordinal` prints them.
"""


@dataclass(frozen=True)
class Method:
    """A test with intervals, in both worlds; `truth` is the effect in its unit."""

    name: str
    null: Comparisons
    effect: Comparisons
    truth: float

    @property
    def studies(self) -> int:
        return len(self.null.errors)

    @property
    def type_1(self) -> str:
        """Over all three comparisons, with an interval over studies, and in what n of them."""
        each = self.rejections
        return _interval(float(each.mean()), float(each.std(ddof=1)) / np.sqrt(len(each)))

    @property
    def rejections(self) -> Floats:
        """Share of the three comparisons that each null study rejects."""
        return np.asarray(np.mean(self.null.p < ALPHA, axis=1))

    def by_difference(self, other: Method) -> str:
        """The type-I error, from that of a method with more studies and the paired difference."""
        n = self.studies
        off = self.rejections - other.rejections[:n]
        error = np.hypot(off.std(ddof=1) / np.sqrt(n),
                         other.rejections.std(ddof=1) / np.sqrt(other.studies))  # fmt: skip
        return _interval(float(off.mean() + other.rejections.mean()), float(error))

    @property
    def family(self) -> float:
        """At least one of the three, by Holm, where all are alike."""
        question = Question("difference", 1.0, self.null.p.shape[1], "holm", ALPHA)
        orders = [np.roll(self.null.p, -k, axis=1) for k in range(self.null.p.shape[1])]
        return float(np.mean(np.any([stepped(p, question) for p in orders], axis=0)))

    @property
    def coverage(self) -> float:
        off = np.abs(self.effect.estimates[:, 0] - self.truth)
        return float(np.mean(off <= self.effect.reach(ALPHA)[:, 0]))

    @property
    def power(self) -> float:
        return float(np.mean(self.effect.p[:, 0] < ALPHA))

    @property
    def oracle(self) -> float:
        """Power of the z test with the true standard error of this estimator."""
        deviation = float(np.std(self.effect.estimates[:, 0], ddof=1))
        z = stats.norm.isf(ALPHA / 2)
        return float(np.mean(np.abs(self.effect.estimates[:, 0]) > z * deviation))


def write_page(store: Path, out: Path) -> None:
    """Write the page from all chunks there are."""
    parts, studies = [], 0
    for scenario in SCENARIOS.values():
        firsts = {world: _firsts(store, "cheap", scenario, world) for world in WORLDS}
        if not all(firsts.values()):
            continue
        cheap = {w: _load(store, "cheap", scenario, w, firsts[w]) for w in WORLDS}
        methods = _methods(store, scenario, cheap)
        studies = max(studies, max(method.studies for method in methods))
        parts += [_table(scenario, methods), _naive_table(cheap)]
    parts += _sequential(store)
    head = HEAD.format(studies=studies, fewest=FEWEST_ITEMS)
    foot = (
        f"Python {platform.python_version()}, numpy {np.__version__}; every study has its seed.\n"
    )
    out.write_text("\n".join([head, *parts, foot]), encoding="utf-8")


def _firsts(store: Path, kind: str, scenario: Scenario, world: str) -> list[str]:
    """The chunks there are, by the number of their first study."""
    files = store.glob(f"{kind}_{scenario.name}_{world}_*[0-9].npz")
    return sorted(file.stem.rsplit("_", 1)[1] for file in files)


def _load(
    store: Path, kind: str, scenario: Scenario, world: str, firsts: Sequence[str]
) -> dict[str, Floats]:
    stem = f"{kind}_{scenario.name}_{world}"
    chunks = [np.load(store / f"{stem}_{first}.npz") for first in firsts]
    return {key: np.concatenate([c[key] for c in chunks]) for key in chunks[0].files}


def _methods(store: Path, scenario: Scenario, cheap: dict[str, dict[str, Floats]]) -> list[Method]:
    points = scenario.world.mean_rating(scenario.effect) - scenario.world.mean_rating(0.0)
    found = []
    if scenario.world.cuts and all(_firsts(store, "cumulative", scenario, w) for w in WORLDS):
        for name, widened in (("cumulative model", True), ("the same, not widened", False)):
            null, effect = (_cumulative(store, scenario, world, widened) for world in WORLDS)
            found.append(Method(name, null, effect, scenario.effect))
    for key, name in (("linear", "linear model"), ("min-F′", "min-F′")):
        null, effect = (_compared(cheap[world], key) for world in WORLDS)
        found.append(Method(name, null, effect, points))
    return found


def _compared(found: dict[str, Floats], key: str) -> Comparisons:
    return Comparisons(*(found[f"{key}: {part}"] for part in ("estimate", "error", "df")))


def _cumulative(store: Path, scenario: Scenario, world: str, widened: bool) -> Comparisons:
    """With the companion's df; where no fit passed its check the linear model, as in the report."""
    firsts = _firsts(store, "cumulative", scenario, world)
    kinds = ("cumulative", "widening", "cheap")
    fits, wider, cheap = (_load(store, kind, scenario, world, firsts) for kind in kinds)
    linear = _compared(cheap, "linear")
    errors = fits["cumulative: error"] * (wider["widening"][:, None] if widened else 1.0)
    lost = np.isnan(errors)
    return Comparisons(
        np.where(lost, linear.estimates, fits["cumulative: estimate"]),
        np.where(lost, linear.errors, errors),
        linear.df,
    )


def _table(scenario: Scenario, methods: Sequence[Method]) -> str:
    spread = scenario.world.deviations
    lines = [
        f"## {scenario.name}: {scenario.title}\n",
        f"{scenario.participants} participants × {scenario.items} items; SDs "
        f"{spread.participant:.3g} (participant), {spread.item:.3g} (item), "
        f"{spread.participant_system:.3g} (participant × system), {spread.item_system:.3g} "
        f"(item × system), {scenario.world.residual:.3g} (residual); effect "
        f"{scenario.effect:g} {'logits' if scenario.world.cuts else 'points'}.\n",
        "| method | studies | type-I error, % | family-wise (Holm), % | coverage, % | power, % | "
        "of the oracle’s power |",
        "|---|---|---|---|---|---|---|",
    ]
    for method in methods:
        primary = method.name == _primary(scenario)
        name = f"**{method.name}**" if primary else method.name
        n = method.studies
        lines.append(
            f"| {name} | {n:,} | {method.type_1} | {_share(method.family, n)} | "
            f"{_share(method.coverage, n)} | {_share(method.power, n)} | "
            f"{100 * method.power / method.oracle:.0f} % of {100 * method.oracle:.0f} % |"
        )
    by_name = {method.name: method for method in methods}
    first, linear = by_name.get("cumulative model"), by_name["linear model"]
    if first is not None and first.studies < linear.studies:
        lines.append(
            "\nThe linear model rejects "
            f"{100 * linear.rejections[: first.studies].mean():.1f} % in the {first.studies:,} "
            "studies of the cumulative model. From the paired difference and the linear model's "
            "error in all studies, the cumulative model's type-I error is "
            f"**{first.by_difference(linear)} %**."
        )
    return "\n".join(lines) + "\n"


def _primary(scenario: Scenario) -> str:
    if scenario.items < FEWEST_ITEMS:
        return "min-F′"
    return "cumulative model" if scenario.world.cuts else "linear model"


def _naive_table(cheap: dict[str, dict[str, Floats]]) -> str:
    names = [key for key in cheap["null"] if key.startswith("naive")]
    shares = [float(np.mean(cheap["null"][name] < ALPHA)) for name in names]
    count = len(cheap["null"][names[0]])
    cells = [f"{name.removeprefix('naive: ')} {_share(share, count)}" for name, share in
             zip(names, shares, strict=True)]  # fmt: skip
    return "Type-I error of what is commonly done, %: " + "; ".join(cells) + ".\n"


def _sequential(store: Path) -> list[str]:
    """Planned stopping, where it was simulated."""
    if not (store / "sequential.json").is_file():
        return []
    rows = json.loads((store / "sequential.json").read_text(encoding="utf-8"))
    lines = [
        "## Stopping early\n",
        "A look after every participant from the 10th to the 60th (`python -m "
        "benchmarks.calibration_sequential`); three systems against a baseline, α = 5 % split over "
        "them. *Missed*: studies in which any interval at any look left out the truth; in the null "
        "world, false stops. *t tests*: the same for t intervals at the split α.\n",
        "| world | items | claim about | effect, logits | studies | missed, % | t tests, % | "
        "effect found, % | participants then, median |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        claim = "items like these" if row["songs"] == "sample" else "these items"
        lines.append(
            f"| {row['world']} | {row['items']} | {claim} | {row['effect']:g} | "
            f"{row['studies']:,} | {_share(row['missed'], row['studies'])} | "
            f"{100 * row['naive']:.0f} | {100 * row['found']:.0f} | "
            f"{row['median_participants']:.0f} |"
        )
    return ["\n".join(lines) + "\n"]


def _interval(mean: float, error: float) -> str:
    low, high = max(mean - 1.96 * error, 0.0), mean + 1.96 * error
    return f"{100 * mean:.1f} [{100 * low:.1f}, {100 * high:.1f}]"


def _share(value: float, count: int) -> str:
    low, high = monte_carlo_interval(value, count)
    return f"{100 * value:.1f} [{100 * low:.1f}, {100 * high:.1f}]"
