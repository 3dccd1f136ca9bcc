"""Two reports beside each other: two studies, or two versions of one.

Means of different tests are not on one scale: listeners spread their answers over whatever range a
test offers (Zielinski, Rumsey & Bech 2008). So what is compared is each system's difference from
the common baseline.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np
from scipy import stats

from earwitness.stimuli.errors import DataError

from .comparisons.multiplicity import p_adjusted
from .linear.minf import t_interval, t_test
from .records.across import (
    AgreementPair,
    ComparisonData,
    EffectChange,
    MeanPair,
    MetricPair,
    OrderAgreement,
    Side,
)
from .records.report import Contrast, ReportData
from .rendering.wording import interval, p_equals, signed

Row = TypeVar("Row")


def read_report(path: Path) -> ReportData:
    """A `report.json` that was written before.

    Raises:
        DataError: it is none, or of another schema.
    """
    try:
        return ReportData.model_validate_json(path.read_bytes())
    except (OSError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise DataError(f"{path}: not a report.json of this version ({reason})") from error


def compare(first: ReportData, second: ReportData) -> ComparisonData:
    """Set two reports side by side, on the scales and systems that both have.

    Raises:
        DataError: they have no scale in common.
    """
    scales = [s.id for s in first.scales if s.id in {other.id for other in second.scales}]
    if not scales:
        names = "; ".join(", ".join(s.id for s in side.scales) for side in (first, second))
        raise DataError(f"the two have no scale in common ({names}): nothing can be compared")
    effects = [row for scale in scales for row in _effects(first, second, scale)]
    orders = [_order(first, second, scale) for scale in scales]
    return ComparisonData(
        first=_side(first), second=_side(second), alpha=first.alpha, effects=effects,
        notes=_notes(first, second), sentences=_sentences(effects, orders, first.alpha),
        means=[row for scale in scales for row in _means(first, second, scale)], orders=orders,
        agreement=_agreement(first, second, scales), metrics=_metrics(first, second, scales),
    )  # fmt: skip


def _side(data: ReportData) -> Side:
    seconds = [row.seconds for row in data.times if row.seconds is not None]
    return Side(
        title=data.title, is_simulated=data.is_simulated, baseline=data.baseline,
        n_participants=data.n_participants, n_items=data.n_items, n_ratings=data.n_ratings,
        left_out=sum(row.ratings for row in data.exclusions), minutes=data.minutes,
        seconds_per_trial=float(np.median(seconds)) if seconds else None,
        plan_digest=data.plan.digest, ratings_digest=data.digests.get("ratings", ""),
        version=data.versions.get("earwitness", ""),
    )  # fmt: skip


def _notes(first: ReportData, second: ReportData) -> list[str]:
    """What a reader must know before comparing."""
    notes = []
    if first.is_simulated or second.is_simulated:
        notes.append("At least one of the two is about simulated listeners.")
    if first.baseline != second.baseline:
        notes.append(
            f"The baselines differ ({first.baseline}; {second.baseline}): differences from the "
            "baseline cannot be compared. Name one with --baseline."
        )
    if first.plan.digest != second.plan.digest:
        notes.append("The two were analysed by different plans.")
    if first.digests.get("ratings") == second.digests.get("ratings"):
        notes.append("Both are about the very same ratings.")
    for name, of in (("systems", _systems), ("items", lambda data: set(data.items))):
        only = [of(first) - of(second), of(second) - of(first)]
        if any(only):
            said = "; ".join(", ".join(sorted(part)) or "none" for part in only)
            notes.append(f"{name.capitalize()} in one of the two alone, first and second: {said}.")
    return notes


def _systems(data: ReportData) -> set[str]:
    return {system.name for system in data.systems}


def _common(
    first: Sequence[Row], second: Sequence[Row], key: Callable[[Row], object]
) -> list[tuple[Row, Row]]:
    others = {key(row): row for row in second}
    return [(row, others[key(row)]) for row in first if key(row) in others]


def _effects(first: ReportData, second: ReportData, scale: str) -> list[EffectChange]:
    if first.baseline != second.baseline:
        return []
    mine, theirs = (
        [row for row in data.contrasts if row.scale == scale and not row.at]
        for data in (first, second)
    )
    pairs = _common(mine, theirs, lambda row: row.system)
    found = [_change(one, other, first.alpha) for one, other in pairs]
    adjusted = p_adjusted("holm", [np.nan if row.p is None else row.p for row in found])
    return [
        row.model_copy(update={"p_adjusted": p if np.isfinite(p) else None})
        for row, p in zip(found, adjusted, strict=True)
    ]


def _change(first: Contrast, second: Contrast, alpha: float) -> EffectChange:
    one, other = first.points, second.points
    known = all(v is not None for p in (one, other) for v in (p.estimate, p.se, p.df))
    difference = low = high = df = p = np.nan
    if known:
        parts = np.array([(one.se or 0.0) ** 2, (other.se or 0.0) ** 2])
        freedoms = np.array([one.df or 1.0, other.df or 1.0])
        difference = (other.estimate or 0.0) - (one.estimate or 0.0)
        error = float(np.sqrt(parts.sum()))
        df = float(parts.sum() ** 2 / np.sum(parts**2 / freedoms)) if error > 0 else np.nan
        low, high = t_interval(difference, error, df, alpha)
        p = t_test(difference, error, df)[1]
    return EffectChange(
        scale=first.scale, system=first.system, first=one.estimate, first_low=one.ci_low,
        first_high=one.ci_high, second=other.estimate, second_low=other.ci_low,
        second_high=other.ci_high, difference=difference, ci_low=low, ci_high=high, df=df, p=p,
        p_adjusted=None, reason="" if known else "one of the two has no standard error",
    )  # fmt: skip


def _means(first: ReportData, second: ReportData, scale: str) -> list[MeanPair]:
    rows = [
        [row for row in data.descriptives if row.scale == scale] for data in (first, second)
    ]  # fmt: skip
    return [
        MeanPair(scale=scale, system=one.system, first=one.mean, second=other.mean,
                 first_n=one.n, second_n=other.n)
        for one, other in _common(rows[0], rows[1], lambda row: row.system)
    ]  # fmt: skip


def _order(first: ReportData, second: ReportData, scale: str) -> OrderAgreement:
    means = _means(first, second, scale)
    tau = np.nan
    if len(means) > 1:
        pairs = np.array([(row.first or 0.0, row.second or 0.0) for row in means])
        tau = float(stats.kendalltau(pairs[:, 0], pairs[:, 1]).statistic)
    return OrderAgreement(scale=scale, tau=tau, n_systems=len(means))


def _agreement(first: ReportData, second: ReportData, scales: Sequence[str]) -> list[AgreementPair]:
    pairs = _common(first.agreement, second.agreement, lambda row: (row.scale, row.name))
    return [
        AgreementPair(scale=one.scale, name=one.name, first=one.value, second=other.value)
        for one, other in pairs
        if one.scale in scales and (one.value is not None or other.value is not None)
    ]


def _metrics(first: ReportData, second: ReportData, scales: Sequence[str]) -> list[MetricPair]:
    rows = [
        [fit for fit in data.metrics
         if fit.level == "item_system" and not fit.reason and fit.roles == data.metrics[0].roles]
        for data in (first, second)
    ]  # fmt: skip
    pairs = _common(rows[0], rows[1], lambda fit: (fit.scale, fit.metric))
    return [
        MetricPair(scale=one.scale, metric=one.metric, first=one.spearman, second=other.spearman)
        for one, other in pairs
        if one.scale in scales
    ]


def _sentences(
    effects: Sequence[EffectChange], orders: Sequence[OrderAgreement], alpha: float
) -> list[str]:
    """What changed, and what could not be shown to have."""
    words = []
    for row in effects:
        evidence = (
            f"{signed(row.difference)} points, {interval(row.ci_low, row.ci_high)}; "
            f"{p_equals(row.p_adjusted)}, Holm"
        )
        if row.p_adjusted is None:
            continue
        changed = "is" if row.p_adjusted < alpha else "could not be shown to be"
        words.append(
            f"{row.scale}: {row.system}’s difference from the baseline {changed} another in the "
            f"second ({evidence})."
        )
    words += [
        f"{row.scale}: the order of {row.n_systems} common systems agrees with τ = "
        f"{signed(row.tau)}."
        for row in orders
        if row.tau is not None
    ]
    return words
