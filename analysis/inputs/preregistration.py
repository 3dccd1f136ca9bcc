"""The pre-registration: what `[analysis]` of the study file says, and what was done otherwise."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

from earwitness.stimuli.errors import ConfigError
from earwitness.stimuli.study import Analysis, Study

from ..records.report import Flag, Plan


def make_plan(
    study: Study | None, baseline: str, formula: str, flags: Sequence[Flag],
    systems: Sequence[str],
) -> Plan:  # fmt: skip
    """The plan and the deviations that are known before anything is fitted.

    Raises:
        ConfigError: the expected order names a system without an analysed rating, or one twice.
    """
    planned = study.analysis if study else Analysis()
    _refuse_wrong_order(planned.expected_order, systems)
    return Plan.model_validate(
        planned.model_dump(include=set(Plan.model_fields))
        | {
            "formula": planned.formula if study else formula,
            "digest": section_digest(planned) if study else "",
            "deviations": _deviations(planned, baseline, formula, flags) if study else [],
        }
    )


def section_digest(section: Analysis) -> str:
    """SHA-256 of `[analysis]` as canonical JSON: unchanged by comments and by other sections."""
    text = json.dumps(section.model_dump(mode="json"), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _refuse_wrong_order(order: Sequence[str], systems: Sequence[str]) -> None:
    for k, name in enumerate(order):
        if name not in systems:
            raise ConfigError(
                f"analysis.expected_order: {name!r} has no analysed rating; systems: "
                f"{', '.join(sorted(systems))}"
            )
        if name in order[:k]:
            raise ConfigError(f"analysis.expected_order names {name!r} twice")


def _deviations(planned: Analysis, baseline: str, formula: str, flags: Sequence[Flag]) -> list[str]:
    found = []
    if " ".join(planned.formula.split()) != formula:
        found.append(f"The formula is {formula}; planned was {planned.formula}.")
    if planned.baseline and planned.baseline != baseline:
        found.append(f"The baseline is {baseline}; planned was {planned.baseline}.")
    if not planned.baseline:
        found.append(f"No baseline was planned; {baseline} was taken.")
    found += [
        f"The planned exclusion “{flag.rule}” could not be applied: {flag.reason}."
        for flag in flags
        if flag.rule in planned.exclusions and flag.reason
    ]
    return found
