"""The methods and the results of a report as sentences that a paper can take over."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..records.report import Contrast, ReportData
from .references import REFERENCES, Reference
from .wording import count, level, number, p_equals, signed

_Cite = Callable[..., str]


@dataclass(frozen=True)
class Methods:
    """Paragraphs and the works that they cite, by author."""

    methods: list[str]
    results: list[str]
    references: list[Reference]


def methods_text(data: ReportData) -> Methods:
    """Everything that was done to these ratings and nothing that was not."""
    cited: list[str] = []

    def cite(*keys: str) -> str:
        cited.extend(keys)
        return "(" + "; ".join(REFERENCES[key].cited for key in keys) + ")"

    paragraphs = [
        _sample(data), _models(data, cite), _comparisons(data, cite), _further(data, cite),
        _software(data),
    ]  # fmt: skip
    chosen = [REFERENCES[key] for key in dict.fromkeys(cited)]
    return Methods(
        [words for words in paragraphs if words],
        [_result(data, row) for row in data.contrasts if row.p is not None],
        sorted(chosen, key=lambda reference: (reference.authors, reference.year)),
    )


def _sample(data: ReportData) -> str:
    scales = ", ".join(f"“{scale.question}”" for scale in data.scales)
    people = "simulated listener" if data.is_simulated else "participant"
    words = (
        f"{count(data.n_participants, people)} rated {count(len(data.systems), 'system')} on "
        f"{count(data.n_items, 'item')} ({count(len(data.scales), 'scale')}: {scales}; "
        f"{count(data.n_ratings, 'rating')})."
    )
    left_out = "; ".join(
        f"{count(row.ratings, 'rating')} of {count(row.participants, people)} ({row.rule})"
        for row in data.exclusions
    )
    return words + (f" Left out before the analysis: {left_out}." if left_out else "")


def _models(data: ReportData, cite: _Cite) -> str:
    primary = [model for model in data.models if model.primary and model.converged]
    families = {model.family for model in primary}
    sliders = {scale.id for scale in data.scales if not scale.categories}
    words = []
    if "cumulative" in families:
        words.append(
            "Ratings were analysed with a cumulative link mixed model (logit link, Laplace "
            "approximation), which does not take the steps between answers as equal "
            f"{cite('liddell2018')}."
        )
    if any(model.family == "cumulative" and model.scale in sliders for model in primary):
        words.append(
            "On sliders each answer that occurs is a category of its own (a cumulative "
            f"probability model, {cite('liu2017')[1:-1]})."
        )
    if "gaussian" in families:
        words.append(
            f"{'Other ratings' if words else 'Ratings'} were analysed with a linear mixed model "
            "(restricted maximum likelihood)."
        )
    if words:
        words.append(
            f"The fixed effects were {data.plan.formula.partition('~')[2].strip()}; participant, "
            "item, participant × system and item × system had crossed random intercepts "
            f"{cite('barr2013', 'judd2012')}, of which those estimated as zero were dropped."
        )
    return " ".join(words)


def _comparisons(data: ReportData, cite: _Cite) -> str:
    used = {row.method for row in data.contrasts if row.p is not None}
    if not used:
        return ""
    words = [f"Each system was compared with the baseline {data.baseline}."]
    if used & {"clmm_t", "satterthwaite_t"}:
        words.append(
            "Tests and intervals of the models use Satterthwaite’s degrees of freedom of the "
            f"linear mixed model {cite('kuznetsova2017')}."
        )
    if "min_f" in used:
        words.append(
            "Where the items were too few for a Wald test, or a system was not in the model, "
            f"min-F′ was used {cite('clark1973')}."
        )
    adjusted = data.plan.multiplicity
    words.append(
        f"p-values and intervals were adjusted over the systems of a scale {cite(adjusted)}; "
        f"α = {data.alpha:g}."
    )
    words.append(
        "Probabilities of superiority have percentile intervals from 2,000 bootstrap draws over "
        f"participants and items {cite('owen2007')}."
    )
    return " ".join(words)


def _further(data: ReportData, cite: _Cite) -> str:
    words = []
    if data.smallest_effect_of_interest:
        words.append(
            f"Equivalence within ±{number(data.smallest_effect_of_interest)} points was tested by "
            f"two one-sided tests {cite('schuirmann1987')}."
        )
    if data.plan.expected_order:
        words.append(
            f"The expected order {' < '.join(data.plan.expected_order)} was tested with Page’s L "
            f"{cite('page1963')}."
        )
    if any(rule.startswith("bs1534") for rule in data.plan.exclusions):
        words.append(f"Participants were screened as planned {cite('bs1534')}.")
    if any(not fit.reason for fit in data.metrics):
        words.append(
            "Objective metrics were compared with mean ratings per item and system, with "
            "intervals clustered by item, and mapped to the scale by isotonic regression "
            f"cross-validated by item {cite('p1401')}."
        )
    return " ".join(words)


def _software(data: ReportData) -> str:
    versions = data.versions
    parts = ", ".join(f"{name} {versions[name]}" for name in ("numpy", "scipy") if name in versions)
    digest = data.digests.get("ratings", "")
    plan = (
        f" The analysis plan has SHA-256 {data.plan.digest[:16]}…" if data.plan.digest
        else " The analysis was not planned in a study file beforehand."
    )  # fmt: skip
    return (
        f"The analysis was computed with Earwitness {versions.get('earwitness', '')} (Python "
        f"{versions.get('python', '')}, {parts}), seed {data.seed}, from ratings with SHA-256 "
        f"{digest[:16]}….{plan}"
    )


def _result(data: ReportData, row: Contrast) -> str:
    """One comparison in the form of the American Psychological Association."""
    question = next((scale.question for scale in data.scales if scale.id == row.scale), row.scale)
    where = f"{question}{', ' + row.at if row.at else ''}"
    higher = "higher" if (row.estimate or 0.0) > 0 else "lower"
    verdict = (
        f"{row.system} was rated {higher} than {row.baseline}"
        if (row.p_adjusted or 0.0) < data.alpha
        else f"no difference between {row.system} and {row.baseline} could be shown"
    )
    points = row.points
    parts = [
        f"Δ = {signed(points.estimate)} points, {level(data.alpha)} CI "
        f"{_brackets(points.ci_adjusted_low, points.ci_adjusted_high)}"
    ]
    if row.method == "clmm_t" and row.odds_ratio is not None:
        odds = row.odds_ratio
        parts.append(
            f"OR = {number(odds.estimate)} {_brackets(odds.ci_adjusted_low, odds.ci_adjusted_high)}"
        )
    parts += [
        f"t({number(row.df, 1)}) = {number(row.statistic)}",
        f"{p_equals(row.p_adjusted)} ({row.adjustment})",
    ]
    for effect in row.effect_sizes:
        if effect.name == "probability_of_superiority" and effect.value is not None:
            parts.append(
                f"P({row.system} > {row.baseline}) = {number(effect.value)} "
                f"{_brackets(effect.ci_low, effect.ci_high)}"
            )
    ending = "" if row.inference == "population" else " This holds for these items only."
    return f"{where}: {verdict}, {', '.join(parts)}.{ending}"


def _brackets(low: float | None, high: float | None) -> str:
    return "" if low is None or high is None else f"[{number(low)}, {number(high)}]"
