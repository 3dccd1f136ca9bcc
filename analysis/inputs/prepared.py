"""From tables to one checked set of ratings: systems, roles, baseline, sessions, exclusions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from earwitness.stimuli.errors import ConfigError, DataError
from earwitness.stimuli.formula import Formula, parse_formula
from earwitness.stimuli.schema import require
from earwitness.stimuli.study import Analysis, Study

from ..formulas.covariates import attach
from ..records.report import Exclusion, Flag, Flow, Plan
from .exclusions import Screening, exclude, refuse_unknown_rules, screen
from .frames import Source, rating_table, read_table, score_table
from .preregistration import make_plan

Table = Path | str | pd.DataFrame

# The column that each table beside the ratings must have.
_KEYS = {
    "sessions": "participant", "systems": "system", "participants": "participant", "items": "item",
}  # fmt: skip


@dataclass(frozen=True)
class Tables:
    """The tables beside the ratings; None where there is none.

    `participants`, `sessions`, `systems` and `items` give the formula its variables, `systems` the
    roles too.
    """

    sessions: Table | None = None
    systems: Table | None = None
    scores: Table | None = None
    participants: Table | None = None
    items: Table | None = None


@dataclass(frozen=True)
class Inputs:
    """What the statistics need. `roles` maps each system to its role ("" when unknown).

    `alternatives` are the ratings with other exclusions than planned, by what is different.
    """

    ratings: pd.DataFrame
    scores: pd.DataFrame | None
    systems: tuple[str, ...]  # highest overall mean first
    roles: Mapping[str, str]
    baseline: str
    formula: Formula
    scales: tuple[str, ...]
    is_simulated: bool
    exclusions: list[Exclusion]
    flags: list[Flag]
    alternatives: Mapping[str, pd.DataFrame]
    plan: Plan
    flow: list[Flow]
    notes: list[str]
    digests: dict[str, str]


def load_inputs(
    table: Table,
    tables: Tables,
    study: Study | None,
    baseline: str | None = None,
    formula: str | None = None,
) -> Inputs:
    """Read and check everything.

    Raises:
        ConfigError: the baseline is unknown, or the study asks for a formula or rule that is not
            known.
        DataError: a table is unreadable or wrong, or no rating is left.
    """
    source = read_table(table, "ratings")
    ratings = rating_table(source)
    sources = _sources(tables)
    frames = {name: _frame(sources.get(name)) for name in _KEYS}
    planned = study.analysis if study else Analysis()
    wanted = parse_formula(formula or planned.formula)
    refuse_unknown_rules(planned.exclusions)
    valid, exclusions = exclude(attach(ratings, wanted, frames), frames["sessions"])
    roles = _roles(valid, frames["systems"])
    screening = screen(
        valid, frames["sessions"], roles, planned.exclusions, planned.minimum_listening_share
    )
    kept, exclusions = screening.kept, [*exclusions, *screening.exclusions]
    if kept.empty:
        raise DataError(f"{source.name}: no rating is left to analyse ({_counts(exclusions)})")
    roles = {system: role for system, role in roles.items() if (kept["system"] == system).any()}
    chosen, notes = _baseline(baseline or planned.baseline, kept, roles)
    return Inputs(
        kept,
        score_table(sources["scores"]) if "scores" in sources else None,
        _ordered_systems(kept),
        roles,
        chosen,
        wanted,
        _ordered_scales(kept, study),
        bool(kept["is_simulated"].any()),
        exclusions,
        screening.flags,
        _alternatives(valid, screening),
        make_plan(study, chosen, wanted.text, screening.flags, list(roles)),
        _flow(ratings, frames["sessions"], kept),
        [*notes, *_reservations(kept)],
        {"ratings": source.digest} | {name: item.digest for name, item in sources.items()},
    )


def _sources(tables: Tables) -> dict[str, Source]:
    """The tables that there are, read."""
    found = {}
    for name, key in _KEYS.items():
        table: Table | None = getattr(tables, name)
        if table is not None:
            found[name] = read_table(table, name)
            require(found[name].frame, (key,), found[name].name)
    if tables.scores is not None:
        found["scores"] = read_table(tables.scores, "scores")
    return found


def _frame(source: Source | None) -> pd.DataFrame | None:
    return None if source is None else source.frame


def _alternatives(valid: pd.DataFrame, screening: Screening) -> dict[str, pd.DataFrame]:
    """The ratings without screening, and without everything flagged, where that differs."""
    found = {}
    if len(screening.kept) < len(valid):
        found["nothing left out by screening"] = valid
    if 0 < len(screening.unflagged) < len(screening.kept):
        found["everything flagged left out"] = screening.unflagged
    return found


def _counts(exclusions: Sequence[Exclusion]) -> str:
    if not exclusions:
        return "the table is empty"
    return "left out: " + ", ".join(f"{record.rule} {record.ratings}" for record in exclusions)


def _roles(ratings: pd.DataFrame, systems: pd.DataFrame | None) -> dict[str, str]:
    """From the systems table where there is one, else from the ratings' own column."""
    roles = {
        str(system): str(group.iloc[0])
        for system, group in ratings[ratings["role"] != ""].groupby("system")["role"]
    }
    if systems is not None and "role" in systems:
        roles |= {
            str(row.system): str(row.role) for row in systems.dropna(subset=["role"]).itertuples()
        }
    return {system: roles.get(system, "") for system in sorted(ratings["system"].unique())}


def _baseline(
    wanted: str, ratings: pd.DataFrame, roles: Mapping[str, str]
) -> tuple[str, list[str]]:
    """The baseline, and a note when it had to be chosen."""
    known = sorted(ratings["system"].unique())
    if wanted:
        if wanted not in known:
            raise ConfigError(
                f"baseline {wanted!r} has no analysed rating; systems: {', '.join(known)}"
            )
        return wanted, []
    candidates = [system for system in known if roles[system] == "baseline"] or known
    if len(candidates) == 1:
        return candidates[0], []
    return candidates[0], [
        f"No baseline was named: {candidates[0]} was taken, the first by name of "
        f"{', '.join(candidates)}. Name one with --baseline."
    ]


def _reservations(ratings: pd.DataFrame) -> list[str]:
    """What a reader must know about the table before believing any number."""
    notes = []
    if ratings["participant"].nunique() == 1:
        notes.append(
            "There is a single participant: everything here holds for this one listener only."
        )
    one_answer = ["participant", "item", "system", "scale"]
    alone = ratings[ratings["versus"].isna()] if "versus" in ratings else ratings
    again = int((alone.duplicated(one_answer) & ~alone["is_repeat"]).sum())
    if again:
        notes.append(
            f"{again} ratings are of a participant, item, system and scale that was rated before, "
            "and not marked as repeats: check that no part of the table is in it twice."
        )
    return notes


def _ordered_systems(ratings: pd.DataFrame) -> tuple[str, ...]:
    means = ratings.groupby(["system", "scale"])["value"].mean().groupby("system").mean()
    return tuple(sorted(means.index, key=lambda system: (-means[system], system)))


def _ordered_scales(ratings: pd.DataFrame, study: Study | None) -> tuple[str, ...]:
    present = list(dict.fromkeys(ratings["scale"]))
    if study is None:
        return tuple(present)
    defined = [scale.id for scale in study.scales if scale.id in present]
    return (*defined, *(scale for scale in present if scale not in defined))


def _flow(ratings: pd.DataFrame, sessions: pd.DataFrame | None, kept: pd.DataFrame) -> list[Flow]:
    """Sessions by how far they came; participants where there is no table of sessions."""
    analysed = Flow(step="analysed", sessions=kept["participant"].nunique())
    if sessions is None or "status" not in sessions:
        return [Flow(step="in the table", sessions=ratings["participant"].nunique()), analysed]
    status = sessions["status"].astype(str)
    return [
        Flow(step="started", sessions=len(sessions)),
        Flow(step="withdrawn", sessions=int((status == "withdrawn").sum())),
        Flow(step="not completed", sessions=int((status == "started").sum())),
        Flow(step="completed", sessions=int((status == "completed").sum())),
        analysed,
    ]
