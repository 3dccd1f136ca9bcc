"""The report: ratings in, `report.json` and its renderings out. The package's public functions."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pandas as pd
from threadpoolctl import threadpool_limits

from earwitness.stimuli.errors import ConfigError, DataError
from earwitness.stimuli.run_folder import load_run
from earwitness.stimuli.study import Analysis, Study, StudyFolder

from .agreement.coefficients import agreement, listeners
from .agreement.repeats import test_retest
from .agreement.subject_model import subjects
from .cells import Cells, make_cells
from .comparisons.all_pairs import all_pairs
from .comparisons.contrasts import contrasts, contrasts_at_levels
from .comparisons.rank_tests import rank_tests
from .comparisons.rm_anova import rm_anova
from .comparisons.sensitivity import Compared, sensitivity
from .course import (
    item_effects,
    listening,
    minutes,
    positions,
    rating_trends,
    stimulus_means,
    times,
)
from .describe import category_counts, descriptives, participant_means, scale_of
from .formulas.attributes import attribute_effects
from .formulas.effects import effect_contrasts, marginal_means
from .formulas.term_tests import model_tests
from .inputs.prepared import Inputs, Table, Tables, load_inputs
from .models import fit_scale, to_model
from .planning.disagreement import set_apart
from .planning.extras import with_extras
from .predictors.metrics import differences, metric_fits, metric_points, role_groups
from .records.metrics import MetricFit
from .records.report import Model, ReportData, Scale, System
from .rendering.findings import finding
from .rendering.formats import FORMATS, write_formats
from .tasks.kinds import Kind, kind_of, scale_of_answers
from .tasks.report import ALONE, task_records

SEED = 20_251  # of all resampling; recorded in the report
_LISTS = ("scales", "findings", "descriptives", "counts", "participant_means", "models",
          "contrasts", "sensitivity", "tests", "agreement", "listeners", "metrics",
          "metric_differences", "metric_points")  # fmt: skip


@dataclass(frozen=True)
class Report:
    """The finished report: its data, and the files that were written."""

    data: ReportData
    files: tuple[Path, ...]


def report(
    table: Table,
    *,
    sessions: Table | None = None,
    systems: Table | None = None,
    scores: Table | None = None,
    participants: Table | None = None,
    items: Table | None = None,
    study: Study | None = None,
    study_digest: str = "",
    out: Path | None = None,
    formats: Sequence[str] = FORMATS,
    baseline: str | None = None,
    formula: str | None = None,
) -> Report:
    """Analyse a rating table and write the report.

    Args:
        table: CSV, Parquet or frame with at least participant, item, system, scale, value; the
            further columns of `ratings.csv` are used where they are there.
        sessions: `sessions.csv`, for the flow of sessions and the formula's covariates.
        systems: `systems.csv`, for the roles and the formula's factors.
        scores: `scores.csv` or `.parquet` of a run, for metrics against ratings.
        participants: `participants.csv`, for the formula's covariates.
        items: a table with a column `item`, for the formula's covariates.
        study: for titles, scales, alpha, baseline and exclusions.
        study_digest: SHA-256 of the study file, printed in the report.
        out: folder to write to (made if missing); None writes nothing.
        formats: of html, pdf, tex, csv, parquet, r, json (report.json is always written).
        baseline: overrides the study's. Without either: the system of role baseline, else the
            first by name, which the report then says.
        formula: overrides the study's, as `rating ~ system * expertise + position`.

    Raises:
        ConfigError: an unknown baseline, format, formula or exclusion rule.
        DataError: a table that cannot be read, breaks its contract or has nothing to analyse.
    """
    unknown = [name for name in formats if name not in FORMATS]
    if unknown:
        raise ConfigError(f"format {unknown[0]!r} is unknown; known: {', '.join(FORMATS)}")
    tables = Tables(sessions, systems, scores, participants, items)
    inputs = load_inputs(table, tables, study, baseline, formula)
    planned = study.analysis if study else Analysis()
    inputs, apart = set_apart(inputs, planned.disagreement_items)
    data = with_extras(analyse(inputs, study, study_digest), inputs, apart, planned)
    files = write_formats(data, inputs.ratings, out, formats) if out is not None else ()
    return Report(data, tuple(files))


def report_exports(
    exports: Path,
    *,
    scores: Path | None,
    study: StudyFolder,
    out: Path | None,
    formats: Sequence[str] = FORMATS,
    baseline: str | None = None,
    formula: str | None = None,
) -> Report:
    """The report over a study's exports folder (`ratings.csv` and the tables beside it).

    Raises:
        DataError: there is no `ratings.csv`; as `report`.
    """
    ratings = exports / "ratings.csv"
    if not ratings.is_file():
        raise DataError(f"{exports}: no ratings.csv there; run `earwitness export` first")
    tables: dict[str, Table] = {
        name: exports / f"{name}.csv"
        for name in ("sessions", "systems", "participants")
        if (exports / f"{name}.csv").is_file()
    }
    items = _item_groups(study)
    return report(
        ratings,
        sessions=tables.get("sessions"),
        systems=tables.get("systems"),
        participants=tables.get("participants"),
        items=items,
        scores=scores,
        study=study.study,
        study_digest=study.digest,
        out=out,
        formats=formats,
        baseline=baseline,
        formula=formula,
    )


def _item_groups(study: StudyFolder) -> pd.DataFrame | None:
    """The song or speaker of each item, where the study's run is at hand."""
    if not (study.run / "manifest.json").is_file():
        return None
    items = load_run(study.run).items
    return pd.DataFrame({"item": [i.id for i in items], "item_group": [i.group for i in items]})


@dataclass
class _Parts:
    """The records of all scales, in order."""

    records: dict[str, list[object]]

    @property
    def scales(self) -> list[Scale]:
        """Those with ratings, in order."""
        return [scale for scale in self.records.get("scales", []) if isinstance(scale, Scale)]

    def add(self, **new: Sequence[object]) -> None:
        for name, values in new.items():
            self.records.setdefault(name, []).extend(values)


def analyse(inputs: Inputs, study: Study | None = None, study_digest: str = "") -> ReportData:
    """All statistics of the report, from checked inputs."""
    alpha = inputs.plan.alpha
    parts, ratings = _Parts({}), inputs.ratings
    deviations = list(inputs.plan.deviations)
    with threadpool_limits(1, user_api="blas"):  # small matrices: threads only get in the way
        for name in inputs.scales:
            kind = kind_of(_of_scale(ratings, name))
            if kind not in ALONE:
                deviations += _add_scale(parts, inputs, name, kind, study)
            parts.add(**task_records(kind, _of_scale(ratings, name), name, inputs.baseline,
                                     inputs.plan, SEED))  # fmt: skip
        parts.add(attributes=attribute_effects(ratings, parts.scales, inputs.systems, inputs.plan))
    seconds, trends = times(ratings, alpha)
    parts.add(times=seconds, trends=trends, listening=listening(ratings, inputs.systems))
    answered = ratings.loc[ratings["answered_at"] != "", "answered_at"].astype(str)
    digests = {**inputs.digests, **({"study": study_digest} if study_digest else {})}
    return ReportData.model_validate(
        {name: [] for name in _LISTS}
        | parts.records
        | {
            "title": _title(inputs, study), "study": study.study.id if study else "",
            "is_simulated": inputs.is_simulated, "alpha": alpha, "baseline": inputs.baseline,
            "smallest_effect_of_interest": inputs.plan.smallest_effect_of_interest,
            "n_ratings": len(ratings), "n_participants": ratings["participant"].nunique(),
            "n_items": ratings["item"].nunique(),
            "first_answer_at": min(answered, default=""),
            "last_answer_at": max(answered, default=""),
            "systems": [System(name=name, role=inputs.roles[name]) for name in inputs.systems],
            "items": sorted(ratings["item"].unique()), "notes": inputs.notes,
            "flow": inputs.flow, "exclusions": inputs.exclusions, "flags": inputs.flags,
            "plan": inputs.plan.model_copy(update={"deviations": deviations}),
            "versions": _versions(),
            "digests": digests, "seed": SEED, "minutes": minutes(ratings),
        }
    )  # fmt: skip


def _add_scale(
    parts: _Parts, inputs: Inputs, name: str, kind: Kind, study: Study | None
) -> list[str]:
    """Add everything of one scale; what deviates from the plan comes back."""
    plan, baseline = inputs.plan, inputs.baseline
    ratings = _of_scale(inputs.ratings, name)
    systems = [system for system in inputs.systems if (ratings["system"] == system).any()]
    cells = make_cells(ratings, systems)
    scale = scale_of_answers(scale_of(name, ratings["value"], study), kind, study)
    people, corrected = subjects(cells, name, plan.alpha)
    described = descriptives(ratings, cells, name, inputs.roles, plan.alpha)
    parts.add(
        scales=[scale],
        descriptives=described,
        counts=category_counts(ratings, scale, cells),
        participant_means=participant_means(cells, name),
        agreement=[
            *agreement(cells, scale, plan.alpha, SEED),
            *test_retest(ratings, name, plan.alpha, SEED),
        ],
        subjects=people,
        corrected_means=corrected,
        listeners=listeners(cells, name, plan.alpha),
        stimulus_means=stimulus_means(cells, name, plan.alpha),
        item_effects=item_effects(cells, name, plan.alpha),
        positions=positions(ratings, name, plan.alpha),
        trends=rating_trends(ratings, name, plan.alpha),
    )
    modelled = to_model(scale, systems, baseline, inputs.roles)
    fitted = fit_scale(ratings, scale, modelled, baseline, inputs.formula)
    compared, others, tests = [], [], []
    if baseline in systems:
        compared = contrasts(cells, name, baseline, fitted, plan, SEED)
        found = Compared(cells, scale, fitted, compared, baseline)
        alternatives = {
            words: _of_scale(frame, name) for words, frame in inputs.alternatives.items()
        }
        others = sensitivity(found, alternatives, plan, SEED)
        tests = rank_tests(cells, name, baseline, plan)
    fits = _add_metrics(parts, inputs, cells, name, plan.alpha)
    words = finding(scale, described, compared, others, tests, fitted.records, fits, plan,
                    len(cells.items))  # fmt: skip
    parts.add(pairs=all_pairs(cells, name, fitted, plan))
    at_levels = contrasts_at_levels(ratings, name, baseline, fitted, plan, SEED)
    parts.add(
        models=fitted.records,
        contrasts=[*compared, *at_levels],
        sensitivity=others,
        tests=tests,
        findings=[words],
        model_tests=model_tests(fitted, name),
        marginal_means=marginal_means(fitted, name, plan),
        effect_contrasts=effect_contrasts(fitted, name, plan),
        anovas=rm_anova(cells, name, plan.alpha),
    )
    return _fallbacks(scale, fitted.records) if plan.digest else []


def _of_scale(ratings: pd.DataFrame, name: str) -> pd.DataFrame:
    return ratings[ratings["scale"] == name].reset_index(drop=True)


def _fallbacks(scale: Scale, models: Sequence[Model]) -> list[str]:
    """A category scale whose cumulative model does not speak."""
    return [
        f"{scale.id}: the cumulative model gave no numbers ({' '.join(model.notes)}); the "
        "comparisons rest on another."
        for model in models
        if model.family == "cumulative" and not model.converged
    ]


def _add_metrics(
    parts: _Parts, inputs: Inputs, cells: Cells, scale: str, alpha: float
) -> list[MetricFit]:
    if inputs.scores is None or inputs.scores.empty:
        return []
    points = metric_points(cells, scale, inputs.scores)
    fits = metric_fits(cells, scale, points, inputs.scores, inputs.roles, alpha, SEED)
    systems = role_groups(cells.systems, inputs.roles)[0][1]
    compared = differences(points, fits, systems, alpha, SEED)
    parts.add(metrics=fits, metric_points=points, metric_differences=compared)
    return fits


def _title(inputs: Inputs, study: Study | None) -> str:
    title = (study.study.title if study else "") or "Listening test"
    return f"Simulated listeners: {title}" if inputs.is_simulated else title


def _versions() -> dict[str, str]:
    versions = {"python": platform.python_version()}
    for package in ("earwitness", "numpy", "scipy", "pandas", "matplotlib"):
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            versions[package] = "not installed"
    return versions
