"""The report of a study that could stop early: its own intervals first, no fixed-n p anywhere."""

from __future__ import annotations

import pandas as pd

from earwitness.stimuli.study import Sequential

from ..cells import make_cells
from ..records.report import Contrast, Finding, ReportData
from .sequential import Bounds, anytime_contrasts, deciding, sentences

NOTE = (
    "Sequential stopping was planned, so every comparison is an interval that holds at all looks "
    "at once. Tests for a fixed number of participants are withheld: looking makes them wrong."
)


def as_sequential(data: ReportData, ratings: pd.DataFrame, plan: Sequential) -> ReportData:
    """The same report, with anytime-valid comparisons as its result.

    The shared α is split over the comparisons of the scales that decide; on the other scales
    nothing is compared.
    """
    known = [scale.id for scale in data.scales]
    used = [name for name in deciding(known, plan) if _compared(data, name)]
    bounds = Bounds(plan, data.alpha, sum(len(_compared(data, name)) for name in used))
    contrasts, findings = [], []
    for finding in data.findings:
        name, mine = finding.scale, []
        if name in used:
            cells = make_cells(ratings[ratings["scale"] == name], _systems(data))
            mine = anytime_contrasts(_compared(data, name), cells, bounds)
        contrasts += mine
        words = sentences(mine, plan, data.alpha) if mine else ["This scale does not decide."]
        findings.append(
            Finding(scale=name, sentences=[finding.sentences[0], *words],
                    cautions=finding.cautions, on_metrics=finding.on_metrics, on_robustness="")
        )  # fmt: skip
    return data.model_copy(
        update={
            "contrasts": contrasts, "findings": findings, "notes": [*data.notes, NOTE],
            "sensitivity": [], "tests": [], "pairs": [], "model_tests": [], "effect_contrasts": [],
        }
    )  # fmt: skip


def _compared(data: ReportData, scale: str) -> list[Contrast]:
    return [row for row in data.contrasts if row.scale == scale and not row.at]


def _systems(data: ReportData) -> list[str]:
    return [system.name for system in data.systems]
