"""One look at a running study, from its exported tables."""

from __future__ import annotations

from pathlib import Path

from earwitness.stimuli.errors import ConfigError, DataError
from earwitness.stimuli.study import StudyFolder

from ..cells import make_cells
from ..inputs.prepared import Tables, load_inputs
from .sequential import Look, deciding, take_a_look


def look_at_exports(exports: Path, folder: StudyFolder) -> Look:
    """Stop or go on, by the study's `[analysis.sequential]`.

    Raises:
        ConfigError: the study did not plan to look.
        DataError: there are no ratings to look at, or the tables cannot be read.
    """
    analysis = folder.study.analysis
    plan = analysis.sequential
    if plan is None:
        raise ConfigError(
            f"{folder.file}: has no [analysis.sequential]; only a study that planned to stop early "
            "before its first session may look"
        )
    ratings = exports / "ratings.csv"
    if not ratings.is_file():
        raise DataError(f"{exports}: no ratings.csv there; run `earwitness export` first")
    sessions = exports / "sessions.csv"
    tables = Tables(sessions=sessions if sessions.is_file() else None)
    inputs = load_inputs(ratings, tables, folder.study)
    by_scale = {
        name: make_cells(inputs.ratings[inputs.ratings["scale"] == name], inputs.systems)
        for name in deciding(inputs.scales, plan)
    }
    return take_a_look(
        by_scale, inputs.baseline, plan, analysis.alpha, analysis.smallest_effect_of_interest
    )
