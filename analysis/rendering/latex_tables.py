"""The tables of a scale as LaTeX: name, caption, text."""

from __future__ import annotations

from collections.abc import Sequence

from ..records.report import Contrast, ReportData, Scale
from .latex_text import table
from .wording import AGREEMENT, adjusted_by, interval, level, number, probability, signed

MOST_THRESHOLDS = 20  # printed; a scale of 100 steps has its cut points in models.csv alone

Named = tuple[str, str, str]


def tables_of(data: ReportData, scale: Scale, contrasts: Sequence[Contrast]) -> list[Named]:
    """Every table that the scale has rows for."""
    found = [
        _descriptives(data, scale), *_contrasts(data, contrasts), *_pairs(data, scale),
        *_models(data, scale), *_agreement(data, scale), *_metrics(data, scale),
    ]  # fmt: skip
    return [named for named in found if named[2]]


def _descriptives(data: ReportData, scale: Scale) -> Named:
    rows = [
        [d.system, str(d.n), number(d.mean), interval(d.ci_low, d.ci_high), number(d.sd),
         number(d.median), interval(d.q1, d.q3)]
        for d in data.descriptives if d.scale == scale.id
    ]  # fmt: skip
    header = ["System", "n", "Mean", "Interval", "SD", "Median", "Quartiles"]
    caption = f"Ratings, with the {level(data.alpha)} interval of the mean over participants and "
    return "descriptives", caption + "items.", table("lrrrrrr", header, rows)


def _contrasts(data: ReportData, contrasts: Sequence[Contrast]) -> list[Named]:
    if not contrasts:
        return []
    rows = [
        [c.system, signed(c.points.estimate),
         interval(c.points.ci_adjusted_low, c.points.ci_adjusted_high),
         number(c.odds_ratio.estimate) if c.odds_ratio else "–", number(c.statistic),
         number(c.df, 1), probability(c.p), probability(c.p_adjusted), _superiority(c)]
        for c in contrasts
    ]  # fmt: skip
    header = ["System", "Difference", "Adjusted interval", "OR", "t", "df", "p", "p, adjusted",
              "P(above)"]  # fmt: skip
    caption = (
        f"Differences from {data.baseline} in points; {level(data.alpha)} intervals and p adjusted "
        f"by {adjusted_by(data.plan.multiplicity)}; OR: odds ratio of a higher answer; P(above): "
        "probability that a participant rates the system above the baseline on the same item."
    )
    return [("contrasts", caption, table("lrrrrrrrr", header, rows))]


def _superiority(contrast: Contrast) -> str:
    for effect in contrast.effect_sizes:
        if effect.name == "probability_of_superiority":
            return number(effect.value)
    return "–"


def _pairs(data: ReportData, scale: Scale) -> list[Named]:
    rows = [
        [row.system, row.other, signed(row.estimate),
         interval(row.ci_adjusted_low, row.ci_adjusted_high), probability(row.p),
         probability(row.p_adjusted)]
        for row in data.pairs if row.scale == scale.id
    ]  # fmt: skip
    if len(rows) < 2:
        return []
    header = ["System", "Other", "Difference", "Adjusted interval", "p", "p, adjusted"]
    caption = f"All pairs in points, adjusted over them by {adjusted_by(data.pairs[0].adjustment)}."
    return [("pairs", caption, table("llrrrr", header, rows))]


def _models(data: ReportData, scale: Scale) -> list[Named]:
    found = []
    for model in data.models:
        if model.scale != scale.id or not model.converged:
            continue
        cuts = model.thresholds if len(model.thresholds) <= MOST_THRESHOLDS else []
        rows = [[row.term, number(row.estimate, 3), number(row.se, 3)]
                for row in (*cuts, *model.coefficients)]  # fmt: skip
        rows += [[f"SD {row.term}", number(row.sd, 3), ""] for row in model.random]
        cumulative = model.family == "cumulative"
        kind = "Cumulative link mixed model (logit)" if cumulative else "Linear mixed model (REML)"
        caption = (
            f"{kind}: {model.formula}; {model.n_ratings} ratings, log-likelihood "
            f"{number(model.log_likelihood)}."
        )
        name = "model-cumulative" if cumulative else "model-linear"
        found.append((name, caption, table("lrr", ["Term", "Estimate", "SE"], rows)))
    return found


def _agreement(data: ReportData, scale: Scale) -> list[Named]:
    rows = [
        [AGREEMENT[row.name], number(row.value), interval(row.ci_low, row.ci_high)]
        for row in data.agreement if row.scale == scale.id and not row.reason
    ]  # fmt: skip
    caption = f"Agreement among participants, with {level(data.alpha)} intervals."
    header = ["Coefficient", "Value", "Interval"]
    return [("agreement", caption, table("lrr", header, rows))] if rows else []


def _metrics(data: ReportData, scale: Scale) -> list[Named]:
    rows = [
        [row.metric, row.roles.replace(",", ", "), str(row.n), number(row.spearman),
         interval(row.spearman_ci_low, row.spearman_ci_high), number(row.pearson),
         number(row.kendall), number(row.rmse_star), number(row.outlier_ratio)]
        for row in data.metrics
        if row.scale == scale.id and row.level == "item_system" and not row.reason
    ]  # fmt: skip
    if not rows:
        return []
    header = ["Metric", "Roles", "n", "ρ", "Interval", "r", "τ", "rmse*", "Outliers"]
    caption = (
        "Objective metrics against mean ratings per item and system: Spearman, Pearson, Kendall, "
        "and errors after a monotone mapping that was fitted without the item it predicts."
    )
    return [("metrics", caption, table("llrrrrrrr", header, rows))]
