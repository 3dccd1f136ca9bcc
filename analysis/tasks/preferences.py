"""Pairs: a cumulative model of all comparisons, and every pair of systems in it.

A comparison shows the difference of its two systems: +1 and −1 in the fixed effects, and likewise
in the random effects of participant × system and item × system. The cut points are symmetric about
the order effect (what the version that is heard as A gains), so that ties and graded answers
(−3…+3) have their place.

Source: Agresti 1992, doi 10.2307/2347562 (adjacent and cumulative models of paired preferences);
Bradley & Terry 1952, doi 10.2307/2334029.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

from earwitness.stimuli.errors import DataError

from ..arrays import Floats
from ..cells import make_cells
from ..comparisons.family import FEWEST_ITEMS
from ..comparisons.multiplicity import p_adjusted
from ..linear.minf import CrossedMean, crossed_mean, t_interval, t_test
from ..ordinal.clmm import fit_clmm
from ..ordinal.data import ordinal_data
from ..ordinal.model import OrdinalMixedModel
from ..random_effects.terms import AlikeSlopes, RandomTerm, partition
from ..records.report import Coefficient, Model, Plan, RandomDeviation
from ..records.tasks import Ability, Preference
from .davidson import fit_davidson
from .trials import Comparisons


@dataclass(frozen=True)
class Preferences:
    """Everything about the pairs of one scale."""

    model: Model
    preferences: list[Preference]
    abilities: list[Ability]


def preferences(found: Comparisons, scale: str, baseline: str, plan: Plan) -> Preferences:
    """Fit the comparisons and compare every pair of systems.

    Args:
        found: of one scale.
        scale: its id.
        baseline: whose ability is 0; the first system where it was not compared.
        plan: for alpha and multiplicity.
    """
    first = baseline if baseline in found.systems else found.systems[0]
    systems = (first, *(system for system in found.systems if system != first))
    ordered = Comparisons(found.rows, systems)
    fit, notes = _fit(ordered)
    pairs = [
        _preference(ordered, fit, scale, pair, plan)
        for pair in itertools.combinations(systems[1:] + systems[:1], 2)
    ]
    adjusted = p_adjusted(
        plan.multiplicity, [np.nan if record.p is None else record.p for record in pairs]
    )
    return Preferences(
        _model(ordered, fit, scale, notes),
        [
            Preference.model_validate(record.model_dump() | {"p_adjusted": p})
            for record, p in zip(pairs, adjusted, strict=True)
        ],
        _abilities(ordered, fit, scale),
    )


def _fit(found: Comparisons) -> tuple[OrdinalMixedModel | None, list[str]]:
    """The model that passed its check, or why there is none."""
    rows, signs = found.rows, found.signs
    people, items = partition(rows, ["participant"]), partition(rows, ["item"])
    many = int(people.max()) + 1, int(items.max()) + 1
    terms: list[RandomTerm] = []
    if 1 < many[0] < len(rows):
        terms.append(RandomTerm("participant", people, many[0]))
        terms.append(AlikeSlopes("participant:system", people, many[0], signs, found.systems))
    if 1 < many[1] < len(rows):
        terms.append(AlikeSlopes("item:system", items, many[1], signs, found.systems))
    names = [f"system[{system}]" for system in found.systems[1:]]
    try:
        data = ordinal_data(rows["outcome"].to_numpy(dtype=float), signs[:, 1:], names,
                            structure="symmetric")  # fmt: skip
        fit = fit_clmm(data, terms)
    except DataError as error:
        return None, [f"No cumulative model: {error}."]
    return (fit if fit.converged else None), list(fit.notes)


def _model(
    found: Comparisons, fit: OrdinalMixedModel | None, scale: str, notes: list[str]
) -> Model:
    rows = found.rows
    named = [random.name for random in fit.random] if fit else []
    written = ["preference ~ order + (system of A) - (system of B)",
               *(f"(1 | {name})" for name in named)]  # fmt: skip
    values: dict[str, object] = {"log_likelihood": None, "coefficients": [], "thresholds": [],
                                 "random": []}  # fmt: skip
    if fit is not None:
        cuts, errors = fit.data.cuts.names, fit.standard_errors
        values = {
            "log_likelihood": fit.log_likelihood,
            "coefficients": _rows(fit.names, fit.coefficients, errors[len(cuts):]),
            "thresholds": _rows(cuts, fit.thresholds, errors),
            "random": [RandomDeviation(term=k, sd=v) for k, v in fit.deviations.items()],
        }  # fmt: skip
    return Model.model_validate(
        {"id": f"pairs-{scale}", "primary": True, "scale": scale, "family": "cumulative",
         "formula": " + ".join(written) if fit else "", "link": "logit", "n_ratings": len(rows),
         "n_participants": rows["participant"].nunique(), "n_items": rows["item"].nunique(),
         "converged": fit is not None, "notes": notes}
        | values
    )  # fmt: skip


def _rows(names: tuple[str, ...], values: Floats, errors: Floats) -> list[Coefficient]:
    return [
        Coefficient(term=name, estimate=float(value), se=float(error))
        for name, value, error in zip(names, values, errors, strict=False)
    ]


def _preference(
    found: Comparisons, fit: OrdinalMixedModel | None, scale: str, pair: tuple[str, str], plan: Plan
) -> Preference:
    system, other = pair
    direct = found.between(system, other)
    outcome = np.sign(direct["outcome"].to_numpy(dtype=float))
    share = _share(direct.assign(system="x", value=(outcome + 1) / 2))
    low, high = share.interval(plan.alpha)
    estimate, se, df = _in_model(found, fit, pair, share)
    few = found.rows["item"].nunique() < FEWEST_ITEMS or fit is None
    if few:
        statistic, p = t_test(share.estimate - 0.5, share.se, share.df)
    else:
        statistic, p = t_test(estimate, se, df)
    ends = t_interval(estimate, se, df, plan.alpha)
    reason = "" if np.isfinite(p) else "nothing to estimate the uncertainty from"
    return Preference.model_validate(
        {
            "scale": scale, "system": system, "other": other, "n": len(direct),
            "wins": int(np.sum(outcome > 0)), "ties": int(np.sum(outcome == 0)),
            "losses": int(np.sum(outcome < 0)), "share": share.estimate,
            "share_ci_low": None if np.isnan(low) else max(low, 0.0),
            "share_ci_high": None if np.isnan(high) else min(high, 1.0),
            "log_odds": estimate, "se": se, "df": df, "ci_low": ends[0], "ci_high": ends[1],
            "statistic": statistic, "p": p, "p_adjusted": None,
            "method": share.method if few else "clmm_t",
            "n_participants": direct["participant"].nunique(), "n_items": direct["item"].nunique(),
            "reason": reason,
        }
    )  # fmt: skip


def _share(direct: object) -> CrossedMean:
    """The mean of wins (ties ½) over participants and items."""
    return crossed_mean(make_cells(direct, ["x"]).values["x"])  # type: ignore[arg-type]


def _in_model(
    found: Comparisons, fit: OrdinalMixedModel | None, pair: tuple[str, str], share: CrossedMean
) -> tuple[float, float, float]:
    """Log-odds, standard error, and the df of the direct comparison or the safest."""
    if fit is None:
        return np.nan, np.nan, np.nan
    weights = np.zeros(len(found.systems))
    weights[[found.systems.index(name) for name in pair]] = 1.0, -1.0
    estimate, se, _ = fit.combination(weights[1:])
    counts = found.rows["participant"].nunique(), found.rows["item"].nunique()
    return estimate, se, share.df if np.isfinite(share.df) else max(min(counts) - 1.0, 1.0)


def _abilities(found: Comparisons, fit: OrdinalMixedModel | None, scale: str) -> list[Ability]:
    outcome = found.rows["outcome"].to_numpy(dtype=float)
    davidson = fit_davidson(found.signs, outcome, partition(found.rows, ["participant"]))
    records = []
    for k, system in enumerate(found.systems):
        weights = np.eye(len(found.systems))[k][1:]
        estimate, se = (0.0, 0.0) if k == 0 else (np.nan, np.nan)
        if fit is not None and k:
            estimate, se, _ = fit.combination(weights)
        known = davidson.converged
        records.append(
            Ability(scale=scale, system=system, estimate=estimate, se=se,
                    davidson=davidson.abilities[k] if known else None,
                    davidson_se=davidson.errors[k] if known else None)
        )  # fmt: skip
    return records
