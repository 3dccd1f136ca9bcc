"""The report as one self-contained HTML page: no script, no request, prints as it stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined
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
from . import wording
from .figure_flow import flow
from .figure_listeners import caterpillar
from .figure_metrics import scatter, strengths
from .figures import Picture, forest, likert, means, role_key
from .findings import oriented


@dataclass(frozen=True)
class ScaleView:
    """Everything that the page shows of one scale."""

    scale: Scale
    key: Markup
    sentences: Sequence[str]
    forest: Picture | None
    pictures: Sequence[Picture]
    descriptives: Sequence[Descriptive]
    contrasts: Sequence[Contrast]
    sensitivity: Sequence[Sensitivity]
    on_robustness: str
    tests: Sequence[Test]
    agreement: Sequence[Agreement]
    caterpillar: Picture | None
    models: Sequence[Model]
    on_metrics: str
    metrics: Sequence[MetricFit]
    levels: Sequence[MetricFit]
    differences: Sequence[MetricDifference]
    strengths: Picture | None
    scatters: Sequence[Picture]


def page(data: ReportData) -> str:
    """The HTML text."""
    return (
        _environment()
        .get_template("report.html.j2")
        .render(
            data=data,
            flow=flow(data),
            key=_key(data, "found"),
            cautions=list(dict.fromkeys(c for f in data.findings for c in f.cautions)),
            scales=[_view(data, scale) for scale in data.scales],
            roles={system.name: system.role for system in data.systems},
        )
    )


def _view(data: ReportData, scale: Scale) -> ScaleView:
    drawn = [likert(data, scale), means(data, scale)]
    fits = sorted(
        _without_repeated_refusals(
            [f for f in data.metrics if f.scale == scale.id and f.level == "item_system"]
        ),
        key=lambda fit: (fit.roles == "all", -_strength(fit), fit.metric),
    )
    names = list(dict.fromkeys(fit.metric for fit in fits))
    with_points = {p.metric for p in data.metric_points if p.scale == scale.id}
    return ScaleView(
        scale,
        _key(data, scale.id),
        [s for f in data.findings if f.scale == scale.id for s in f.sentences],
        forest(data, scale),
        [picture for picture in drawn if picture],
        [row for row in data.descriptives if row.scale == scale.id],
        [row for row in data.contrasts if row.scale == scale.id and not row.at],
        [row for row in data.sensitivity if row.scale == scale.id],
        next(f.on_robustness for f in data.findings if f.scale == scale.id),
        [row for row in data.tests if row.scale == scale.id],
        [row for row in data.agreement if row.scale == scale.id],
        caterpillar(data, scale),
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
        [scatter(data, scale, name) for name in names if name in with_points],
    )


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
        })
        for d in pairs if d.other == best
    ]  # fmt: skip
    return sorted([*first, *turned], key=lambda d: d.difference or 0.0)


def _strength(fit: MetricFit) -> float:
    value = oriented(fit)
    return -2.0 if value is None else value


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("earwitness.analysis.rendering"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "number": wording.number,
        "signed": wording.signed,
        "p": wording.probability,
        "svg": Markup,
    }
    environment.globals |= {"interval": wording.interval, "level": wording.level,
                            "count": wording.count, "oriented": oriented,
                            "adjusted_by": wording.adjusted_by,
                            "interval_means": wording.interval_means}  # fmt: skip
    return environment
