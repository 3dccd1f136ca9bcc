"""Which variables an analysis formula can use: what a study knows of people, systems and items."""

from __future__ import annotations

from collections.abc import Iterable

from .errors import ConfigError
from .findings import Finding
from .formula import parse_formula, refuse_unknown
from .pages.questionnaire import QuestionnairePage
from .run_folder import RunSystem
from .study import Study

# Of every study: its trials, its participants' design group, and its items' song or speaker.
ALWAYS = ("system", "position", "trial", "page", "role", "group", "language", "item_group")


def formula_findings(study: Study, systems: Iterable[RunSystem]) -> list[Finding]:
    """An error where the planned formula has a name that the study will not know."""
    asked = (
        field.id
        for page in study.pages
        if isinstance(page, QuestionnairePage)
        for field in page.fields
    )
    factors = (name for system in systems for name in system.factors)
    try:
        formula = parse_formula(study.analysis.formula)
        refuse_unknown(formula, {*ALWAYS, *asked, *factors}, "the study")
    except ConfigError as error:
        what = str(error).removeprefix("analysis.formula: ")
        fix = "ask for it in a questionnaire, give the systems that factor, or correct the formula"
        return [Finding("error", what, "analysis.formula", fix)]
    return []
