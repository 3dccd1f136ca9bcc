"""The result of a scale in plain words: what was found, how sure, against which baseline."""

from __future__ import annotations

from collections.abc import Sequence

from ..comparisons.family import FEWEST_ITEMS
from ..records.metrics import MetricFit
from ..records.report import Contrast, Descriptive, Finding, Model, Plan, Scale, Sensitivity, Test
from .wording import interval, level, number, p_equals, signed

ADJUSTED = {
    "holm": "all Holm-adjusted",
    "hochberg": "all Hochberg-adjusted",
    "dunnett": "simultaneous over the systems (Dunnett)",
    "benjamini-hochberg": "all adjusted for the false discovery rate",
}


def finding(
    scale: Scale,
    descriptives: Sequence[Descriptive],
    contrasts: Sequence[Contrast],
    others: Sequence[Sensitivity],
    tests: Sequence[Test],
    models: Sequence[Model],
    fits: Sequence[MetricFit],
    plan: Plan,
    n_items: int,
) -> Finding:
    """The sentences of one scale, from its records alone."""
    ranked = sorted(descriptives, key=lambda record: -(record.mean or 0.0))
    means = ", ".join(f"{record.system} {number(record.mean)}" for record in ranked)
    sentences = [f"Mean rating, highest first: {means}."]
    sentences += [
        words for contrast in contrasts for words in (_verdict(contrast, plan.alpha),
                                                      *_equivalence(contrast, plan.alpha))
    ]  # fmt: skip
    sentences += [_order(test, plan.alpha) for test in tests if test.name == "page"]
    cautions = []
    if not contrasts:
        sentences.append("Nothing was rated beside the baseline, so nothing can be compared.")
    elif n_items < FEWEST_ITEMS:
        cautions.append(_few_items(n_items))
    if contrasts and not any(model.converged for model in models):
        cautions.append(
            f"{scale.question}: there is no mixed model that passed its own check; the "
            "comparisons rest on the differences within participants and items (min-F′)."
        )
    elif contrasts and models[0].family == "gaussian" and scale.categories:
        cautions.append(
            f"{scale.question}: the cumulative model gave no numbers; the linear mixed model "
            "stands in for it."
        )
    return Finding(
        scale=scale.id, sentences=sentences, cautions=cautions, on_metrics=_metrics(fits),
        on_robustness=_robustness(others), headline=_headline(contrasts, plan.alpha),
    )  # fmt: skip


def _headline(contrasts: Sequence[Contrast], alpha: float) -> str:
    """Who was rated above, who below, and about whom nothing could be shown; plain words."""
    tested = [c for c in contrasts if c.p_adjusted is not None]
    if not tested:
        return ""
    shown = [c for c in tested if (c.p_adjusted or 0.0) < alpha]
    groups = [
        ([c.system for c in shown if (c.estimate or 0.0) > 0], "rated higher than the baseline"),
        ([c.system for c in shown if (c.estimate or 0.0) <= 0], "rated lower than the baseline"),
        ([c.system for c in tested if c not in shown], "not shown to differ from the baseline"),
    ]
    said = [f"{words}: {', '.join(names)}" for names, words in groups if names]
    text = "; ".join(said)
    return text[0].upper() + text[1:] + "."


def _verdict(contrast: Contrast, alpha: float) -> str:
    name, base = contrast.system, contrast.baseline
    points = contrast.points
    if contrast.p_adjusted is None:
        return (
            f"{name} against {base}: {signed(points.estimate)} points; no test is possible "
            f"({contrast.reason})."
        )
    evidence = (
        f"{signed(points.estimate)} points, {level(alpha)} interval "
        f"{interval(points.ci_adjusted_low, points.ci_adjusted_high)}; {_odds(contrast)}"
        f"{p_equals(contrast.p_adjusted)}; {ADJUSTED[contrast.adjustment]}"
    )
    if contrast.p_adjusted >= alpha:
        return f"No difference between {name} and the baseline {base} could be shown ({evidence})."
    direction = "higher" if (contrast.estimate or 0) > 0 else "lower"
    return f"{name} was rated {direction} than the baseline {base} ({evidence})."


def _odds(contrast: Contrast) -> str:
    """The odds ratio, where the cumulative model decides."""
    if contrast.method != "clmm_t" or contrast.odds_ratio is None:
        return ""
    odds = contrast.odds_ratio
    return (
        f"odds ratio {number(odds.estimate)}, "
        f"{interval(odds.ci_adjusted_low, odds.ci_adjusted_high)}; "
    )


def _order(page: Test, alpha: float) -> str:
    """The planned ordered hypothesis; it takes the items as given."""
    if page.p is None:
        return f"The expected order {page.system} could not be tested ({page.reason})."
    evidence = f"Page’s L = {number(page.statistic, 1)}, {page.n} participants, {p_equals(page.p)}"
    verdict = "is supported" if page.p < alpha else "is not supported"
    return f"The expected order {page.system} {verdict} on these items ({evidence})."


def _equivalence(contrast: Contrast, alpha: float) -> list[str]:
    """Equivalence or non-inferiority, where a bound was planned and one of them is shown."""
    found = contrast.equivalence
    if found is None or not found.is_not_inferior:
        return []
    bound = number(found.bound)
    if found.is_equivalent:
        return [
            f"{contrast.system} and {contrast.baseline} are equivalent within ±{bound} points "
            f"({p_equals(found.p_equivalence_adjusted)})."
        ]
    if contrast.p_adjusted is not None and contrast.p_adjusted < alpha:
        return []  # better than the baseline says more
    return [
        f"{contrast.system} is not worse than {contrast.baseline} by {bound} points or more "
        f"({p_equals(found.p_non_inferiority_adjusted)})."
    ]


def _robustness(others: Sequence[Sensitivity]) -> str:
    """Whether other analyses come to the same decisions."""
    decided = [record for record in others if record.agrees is not None]
    if not decided:
        return ""
    count = len({record.analysis for record in decided})
    against: dict[str, list[str]] = {}
    for record in decided:
        if not record.agrees:
            against.setdefault(record.analysis, []).append(record.system)
    if not against:
        return f"All {count} other analyses of the same ratings come to the same decisions."
    named = "; ".join(f"{name}: {', '.join(systems)}" for name, systems in against.items())
    return (
        f"{len(against)} of {count} other analyses of the same ratings decide otherwise about a "
        f"system ({named}): read its result with care."
    )


def oriented(fit: MetricFit) -> float | None:
    """Spearman's ρ turned so that + means: the metric prefers what people prefer.

    The size alone where the metric has no better direction.
    """
    if fit.spearman is None:
        return None
    return fit.spearman * fit.expected_sign if fit.expected_sign else abs(fit.spearman)


def _metrics(fits: Sequence[MetricFit]) -> str:
    """Which metrics agree with the ratings beyond chance, among the headline roles."""
    headline = [
        fit
        for fit in fits
        if fit.level == "item_system" and fit.roles == fits[0].roles and not fit.reason
    ]
    values = [(oriented(fit) or 0.0, fit) for fit in headline]
    if not values:
        return "No metric could be compared with these ratings." if fits else ""
    n, chance = headline[0].n, headline[0].chance_level or 1.0
    beyond = sorted((entry for entry in values if entry[0] > chance), key=lambda e: -e[0])
    who = "" if headline[0].roles == "all" else ", reference and anchors left out,"
    if not beyond:
        return (
            f"Over {n} stimuli{who} no metric agrees with these ratings beyond what unrelated "
            f"points reach by chance (±{number(chance)}): this test cannot tell which metric "
            "predicts its listeners."
        )
    names = ", ".join(f"{fit.metric} ({signed(value)})" for value, fit in beyond)
    return (
        f"Over {n} stimuli{who} these metrics agree with the ratings beyond chance "
        f"(±{number(chance)}): {names}."
    )


def _few_items(n_items: int) -> str:
    if n_items == 1:
        return "With a single item this holds for that item only (these items only)."
    return (
        f"With {n_items} items this is a statement about these items only: too few to speak for "
        "other items. The p-values are those of min-F′, which stays honest with few items and "
        "finds only large differences."
    )
