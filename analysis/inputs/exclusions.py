"""What is left out of the analysis, by rule and with counts: nothing disappears unsaid."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from earwitness.stimuli.errors import ConfigError

from ..describe import scale_of
from ..records.report import Exclusion, Flag
from .screened import NotApplicableError, Screened
from .screening import RULES, has_status

Mask = pd.Series


def exclude(
    ratings: pd.DataFrame, sessions: pd.DataFrame | None
) -> tuple[pd.DataFrame, list[Exclusion]]:
    """The ratings that count, and a record for each rule that removed some.

    Always left out: training pages, what the session itself excluded (its own rule is named),
    withdrawn sessions, declined answers, empty values, and simulated listeners where there are
    real ones. Rules apply in this order; a rating counts under the first that meets it.
    """
    records: list[Exclusion] = []
    kept = ratings
    for rule, meets in _always(sessions):
        hit = meets(kept)
        for name, rows in kept[hit].groupby(_names(kept[hit], rule), sort=True):
            records.append(_exclusion(str(name), rows))
        kept = kept[~hit]
    return kept.reset_index(drop=True), records


@dataclass(frozen=True)
class Screening:
    """What the screening rules flagged, and what remains once the planned ones are applied."""

    kept: pd.DataFrame
    exclusions: list[Exclusion]
    flags: list[Flag]
    unflagged: pd.DataFrame  # without anything that any rule flagged


def screen(
    ratings: pd.DataFrame,
    sessions: pd.DataFrame | None,
    roles: Mapping[str, str],
    planned: Sequence[str],
    listened_share: float,
) -> Screening:
    """Apply every rule as a flag, and leave out what the planned rules flag.

    Raises:
        ConfigError: a planned rule does not exist.
    """
    refuse_unknown_rules(planned)
    seen = Screened(ratings, sessions, roles, _hundred(ratings), listened_share)
    flags, exclusions = [], []
    out = anything = pd.Series(False, index=ratings.index)
    for name, rule in RULES.items():
        try:
            hit, reason = rule.flags(seen), ""
        except NotApplicableError as error:
            hit, reason = pd.Series(False, index=ratings.index), str(error)
        is_planned = name in planned
        flags.append(_flag(name, rule.words, ratings[hit], is_planned, reason))
        if is_planned and (hit & ~out).any():
            exclusions.append(_exclusion(name, ratings[hit & ~out]))
        out = out | hit if is_planned else out
        anything = anything if rule.is_hint and not is_planned else anything | hit
    return Screening(
        ratings[~out].reset_index(drop=True), exclusions, flags,
        ratings[~anything].reset_index(drop=True),
    )  # fmt: skip


def refuse_unknown_rules(planned: Sequence[str]) -> None:
    """Raise ConfigError for a rule that does not exist, with the nearest one."""
    for rule in planned:
        if rule not in RULES:
            near = difflib.get_close_matches(rule, RULES, n=1)
            hint = f"did you mean {near[0]!r}? " if near else ""
            raise ConfigError(
                f"analysis.exclusions: unknown rule {rule!r}; {hint}known: {', '.join(RULES)}"
            )


def _hundred(ratings: pd.DataFrame) -> frozenset[str]:
    """The scales from 0 to 100."""
    scales = (scale_of(str(name), rows, None) for name, rows in ratings.groupby("scale")["value"])
    return frozenset(s.id for s in scales if not s.categories and (s.low, s.high) == (0.0, 100.0))


def _flag(name: str, words: str, rows: pd.DataFrame, is_planned: bool, reason: str) -> Flag:
    return Flag(rule=name, meaning=words, participants=rows["participant"].nunique(),
                ratings=len(rows), left_out=is_planned and not rows.empty, reason=reason,
                who=sorted(rows["participant"].unique()))  # fmt: skip


def _exclusion(rule: str, rows: pd.DataFrame) -> Exclusion:
    return Exclusion(rule=rule, participants=rows["participant"].nunique(), ratings=len(rows))


Rule = Callable[[pd.DataFrame], Mask]


def _always(sessions: pd.DataFrame | None) -> list[tuple[str, Rule]]:
    return [
        ("training page", lambda frame: frame["is_training"]),
        ("", lambda frame: frame["excluded"]),
        ("session withdrawn", lambda frame: has_status(frame, sessions, "withdrawn")),
        ("answer declined", lambda frame: frame["declined"]),
        ("no value", lambda frame: frame["value"].isna()),
        ("simulated listener beside real ones", _simulated_beside_real),
    ]


def _names(rows: pd.DataFrame, rule: str) -> pd.Series:
    """The rule's name for each row; the session's own rule where `rule` is empty."""
    if rule:
        return pd.Series(rule, index=rows.index)
    own = rows["exclusion_rule"].astype(str)
    return "session: " + own.where(own != "", "excluded")


def _simulated_beside_real(ratings: pd.DataFrame) -> pd.Series:
    simulated = ratings["is_simulated"]
    return simulated & (not simulated.all())
