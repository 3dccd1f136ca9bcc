"""What is left out of the analysis, by rule and with counts: nothing disappears unsaid."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pandas as pd

from earwitness.stimuli.errors import ConfigError

from .records import Exclusion

# Rules that a study may name in `[analysis].exclusions`, beside those that always hold.
STUDY_RULES = {"incomplete": "session not completed"}


def exclude(
    ratings: pd.DataFrame, sessions: pd.DataFrame | None, study_rules: Sequence[str] = ()
) -> tuple[pd.DataFrame, list[Exclusion]]:
    """The ratings to analyse, and a record for each rule that removed some.

    Always left out: training pages, what the session itself excluded (its own rule is named),
    withdrawn sessions, declined answers, empty values, and simulated listeners where there are
    real ones. Rules apply in this order; a rating counts under the first that meets it.

    Raises:
        ConfigError: the study names a rule that does not exist.
    """
    unknown = [rule for rule in study_rules if rule not in STUDY_RULES]
    if unknown:
        raise ConfigError(
            f"analysis.exclusions: unknown rule {unknown[0]!r}; known: {', '.join(STUDY_RULES)}"
        )
    records: list[Exclusion] = []
    kept = ratings
    for rule, meets in _rules(sessions, study_rules):
        hit = meets(kept)
        for name, rows in kept[hit].groupby(_names(kept[hit], rule), sort=True):
            records.append(Exclusion(rule=str(name), participants=rows["participant"].nunique(),
                                     ratings=len(rows)))  # fmt: skip
        kept = kept[~hit]
    return kept.reset_index(drop=True), records


Rule = Callable[[pd.DataFrame], "pd.Series[bool]"]


def _rules(sessions: pd.DataFrame | None, study_rules: Sequence[str]) -> list[tuple[str, Rule]]:
    rules: list[tuple[str, Rule]] = [
        ("training page", lambda frame: frame["is_training"]),
        ("", lambda frame: frame["excluded"]),
        ("session withdrawn", lambda frame: _has_status(frame, sessions, "withdrawn")),
    ]
    if "incomplete" in study_rules:
        rules.append(
            (STUDY_RULES["incomplete"], lambda frame: _has_status(frame, sessions, "started"))
        )
    return [
        *rules,
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


def _has_status(ratings: pd.DataFrame, sessions: pd.DataFrame | None, status: str) -> pd.Series:
    if sessions is None or "status" not in sessions:
        return pd.Series(False, index=ratings.index)
    key = "session" if "session" in sessions and ratings["session"].ne("").all() else "participant"
    found = sessions.loc[sessions["status"] == status, key].astype(str)
    return ratings[key].astype(str).isin(set(found))


def _simulated_beside_real(ratings: pd.DataFrame) -> pd.Series:
    simulated = ratings["is_simulated"]
    return simulated & (not simulated.all())
