"""What the HTML page and the LaTeX document show, drawn once for both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from ..records.metrics import MetricDifference, MetricFit
from ..records.report import (
    Agreement,
    Contrast,
    Descriptive,
    Model,
    ReportData,
    Scale,
    Sensitivity,
    Test,
)
from .figure_course import course, listening, trial_times
from .figure_flow import flow
from .figure_listeners import correlations, items, participants
from .figure_metrics import scatter, strengths
from .figure_pairs import pair_matrix
from .figures import Picture, forest, likert, means, role_key
from .findings import oriented
from .methods import Methods, methods_text

MOST_SCATTERS = 12  # of the metrics that go best with the ratings


@dataclass(frozen=True)
class Robustness:
    """Systems × analyses."""

    analyses: Sequence[str]
    rows: Sequence[tuple[str, Sequence[Sensitivity | None]]]


@dataclass(frozen=True)
class ScaleView:
    """Everything that the page shows of one scale."""

    scale: Scale
    key: Markup
    headline: str
    sentences: Sequence[str]
    forest: Picture | None
    likert: Picture | None
    means: Picture
    descriptives: Sequence[Descriptive]
    contrasts: Sequence[Contrast]
    robustness: Robustness
    on_robustness: str
    tests: Sequence[Test]
    agreement: Sequence[Agreement]
    participants: Picture | None
    correlations: Picture | None
    items: Picture | None
    pairs: Picture | None
    course: Picture | None
    models: Sequence[Model]
    on_metrics: str
    metrics: Sequence[MetricFit]
    levels: Sequence[MetricFit]
    differences: Sequence[MetricDifference]
    strengths: Picture | None
    n_metrics: int
    scatters: Sequence[Picture]

    @property
    def pictures(self) -> list[Picture]:
        """Of the ratings themselves."""
        return drawn(self.likert, self.means)

    @property
    def people(self) -> list[Picture]:
        """Of participants, items and the order of the trials."""
        return drawn(self.participants, self.correlations, self.items, self.course)


@dataclass(frozen=True)
class Views:
    """Everything that is shown of a report."""

    data: ReportData
    key: Markup
    flow: Picture
    trial_times: Picture | None
    listening: Picture | None
    methods: Methods
    scales: Sequence[ScaleView]

    @property
    def cautions(self) -> list[str]:
        return list(dict.fromkeys(c for f in self.data.findings for c in f.cautions))


def make_views(data: ReportData) -> Views:
    """Draw everything."""
    return Views(
        data, _key(data, "found"), flow(data), trial_times(data), listening(data),
        methods_text(data), [_view(data, scale) for scale in data.scales],
    )  # fmt: skip


def _view(data: ReportData, scale: Scale) -> ScaleView:
    fits = sorted(
        _without_repeated_refusals(
            [f for f in data.metrics if f.scale == scale.id and f.level == "item_system"]
        ),
        key=lambda fit: (fit.roles == "all", -_strength(fit), fit.metric),
    )
    names = list(dict.fromkeys(fit.metric for fit in fits))
    with_points = {p.metric for p in data.metric_points if p.scale == scale.id}
    drawable = [name for name in names if name in with_points]
    return ScaleView(
        scale,
        _key(data, scale.id),
        next(f.headline for f in data.findings if f.scale == scale.id),
        [s for f in data.findings if f.scale == scale.id for s in f.sentences],
        forest(data, scale),
        likert(data, scale),
        means(data, scale),
        [row for row in data.descriptives if row.scale == scale.id],
        [row for row in data.contrasts if row.scale == scale.id and not row.at],
        _robustness(data, scale),
        next(f.on_robustness for f in data.findings if f.scale == scale.id),
        [row for row in data.tests if row.scale == scale.id],
        [row for row in data.agreement if row.scale == scale.id],
        participants(data, scale),
        correlations(data, scale),
        items(data, scale),
        pair_matrix(data, scale),
        course(data, scale),
        [row for row in data.models if row.scale == scale.id],
        next(f.on_metrics for f in data.findings if f.scale == scale.id),
        fits,
        [
            f
            for f in data.metrics
            if f.scale == scale.id and f.level != "item_system" and f.roles == data.metrics[0].roles
        ],
        _against_the_best(data, scale, fits),
        strengths(data, scale),
        len(drawable),
        [scatter(data, scale, name) for name in drawable[:MOST_SCATTERS]],
    )


def _robustness(data: ReportData, scale: Scale) -> Robustness:
    rows = [row for row in data.sensitivity if row.scale == scale.id]
    analyses = list(dict.fromkeys(row.analysis for row in rows))
    cells = {(row.analysis, row.system): row for row in rows}
    return Robustness(
        analyses,
        [
            (system, [cells.get((analysis, system)) for analysis in analyses])
            for system in dict.fromkeys(row.system for row in rows)
        ],
    )


def drawn(*pictures: Picture | None) -> list[Picture]:
    return [picture for picture in pictures if picture]


def _key(data: ReportData, name: str) -> Markup:
    return Markup(role_key([system.role for system in data.systems], name))


def _without_repeated_refusals(fits: Sequence[MetricFit]) -> list[MetricFit]:
    """A metric without a value for any role is said once."""
    seen: set[tuple[str, str]] = set()
    kept = []
    for fit in fits:
        if not fit.reason or (fit.metric, fit.reason) not in seen:
            kept.append(fit)
        seen.add((fit.metric, fit.reason))
    return kept


def _against_the_best(
    data: ReportData, scale: Scale, fits: Sequence[MetricFit]
) -> list[MetricDifference]:
    """The strongest headline metric beside each other one; all pairs are in the tables."""
    if not fits or fits[0].reason:
        return []
    best = fits[0].metric
    pairs = [d for d in data.metric_differences if d.scale == scale.id]
    first = [d for d in pairs if d.metric == best]
    turned = [
        d.model_copy(update={
            "metric": best, "other": d.metric, "difference": -(d.difference or 0.0),
            "ci_low": None if d.ci_high is None else -d.ci_high,
            "ci_high": None if d.ci_low is None else -d.ci_low,
            "rmse_difference": None if d.rmse_difference is None else -d.rmse_difference,
            "rmse_ci_low": None if d.rmse_ci_high is None else -d.rmse_ci_high,
            "rmse_ci_high": None if d.rmse_ci_low is None else -d.rmse_ci_low,
        })
        for d in pairs if d.other == best
    ]  # fmt: skip
    return sorted([*first, *turned], key=lambda d: d.difference or 0.0)


def _strength(fit: MetricFit) -> float:
    value = oriented(fit)
    return -2.0 if value is None else value
