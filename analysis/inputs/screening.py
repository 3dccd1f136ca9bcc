"""Screening rules by name: who or what each rule flags, for a study to leave out by plan.

A flag never removes anything: only a rule that the study file names does. Shares are over the
ratings that are left after declined and empty answers.

Source: ITU-R BS.1534-3 §4.1.2 (hidden reference, mid anchor); ITU-T P.808 (its reference
implementation's |z| ≥ 3.29).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from .screened import Mask, NotApplicableError, Rule, Screened, of_participants
from .screening_panel import PANEL_RULES

REFERENCE_LEAST = 90.0  # points that the hidden reference must get
REFERENCE_SHARE = 0.15  # of its items on which it may get less
ANCHOR_MOST = 90.0  # points that the mid anchor may get
ANCHOR_SHARE = 0.15  # of its items on which it may get more
ANCHOR_EASY_SHARE = 0.25  # of the assessors: then the item does not count
FEWEST_STRAIGHT = 6  # answers of a participant below which equal ones prove nothing
HEARD_S = 1.0  # below it a stimulus counts as not listened to
OUTLIER_Z = 3.29


def has_status(ratings: pd.DataFrame, sessions: pd.DataFrame | None, status: str) -> Mask:
    """Which ratings come from sessions with this status."""
    if sessions is None or "status" not in sessions:
        return pd.Series(False, index=ratings.index)
    key = "session" if "session" in sessions and ratings["session"].ne("").all() else "participant"
    found = sessions.loc[sessions["status"] == status, key].astype(str)
    return ratings[key].astype(str).isin(set(found))


def _incomplete(seen: Screened) -> Mask:
    if seen.sessions is None or "status" not in seen.sessions:
        raise NotApplicableError("there is no table of sessions with their status")
    return has_status(seen.ratings, seen.sessions, "started")


def _on_hundred(seen: Screened, role: str) -> pd.DataFrame:
    """The ratings of systems in a role on the scales from 0 to 100."""
    if not seen.hundred:
        raise NotApplicableError("there is no scale from 0 to 100")
    chosen = seen.ratings[seen.ratings["scale"].isin(seen.hundred)]
    chosen = chosen[chosen["system"].map(lambda system: seen.roles.get(system, "")) == role]
    if chosen.empty:
        raise NotApplicableError(f"no system has the role {role}")
    return chosen


def _bs1534_reference(seen: Screened) -> Mask:
    reference = _on_hundred(seen, "reference")
    low = (reference["value"] < REFERENCE_LEAST).groupby(reference["participant"]).mean()
    return of_participants(seen, low.index[low > REFERENCE_SHARE])


def _bs1534_anchor(seen: Screened) -> Mask:
    anchors = _on_hundred(seen, "anchor")
    # Of several anchors the mid one is the one that is rated higher.
    mid = anchors.groupby("system")["value"].mean().idxmax()
    anchor = anchors[anchors["system"] == mid]
    high = anchor["value"] > ANCHOR_MOST
    easy = high.groupby([anchor["scale"], anchor["item"]]).transform("mean") > ANCHOR_EASY_SHARE
    share = high[~easy].groupby(anchor.loc[~easy, "participant"]).mean()
    return of_participants(seen, share.index[share > ANCHOR_SHARE])


def _straight_lining(seen: Screened) -> Mask:
    answers = seen.ratings.groupby(["participant", "scale"])["value"].agg(["nunique", "size"])
    by_participant = answers.groupby(level="participant")
    straight = (by_participant["nunique"].max() == 1) & (
        by_participant["size"].sum() >= FEWEST_STRAIGHT
    )
    return of_participants(seen, straight.index[straight])


def _too_little_listening(seen: Screened) -> Mask:
    if "listened_s" not in seen.ratings:
        raise NotApplicableError("the ratings have no column listened_s")
    listened = pd.to_numeric(seen.ratings["listened_s"], errors="coerce")
    if listened.isna().all():
        raise NotApplicableError("no listening time was recorded")
    known = listened.notna()
    heard = (listened[known] >= HEARD_S).groupby(seen.ratings.loc[known, "participant"]).mean()
    return of_participants(seen, heard.index[heard < seen.listened_share])


def _z_score(seen: Screened) -> Mask:
    groups = seen.ratings.groupby(["scale", "system", "item"])["value"]
    spread = groups.transform(lambda values: values.std(ddof=0))
    distance = (seen.ratings["value"] - groups.transform("mean")).abs()
    return pd.Series(
        np.where(spread > 0, distance >= OUTLIER_Z * spread, False),
        index=seen.ratings.index, dtype=bool,
    )  # fmt: skip


RULES: dict[str, Rule] = {
    rule.name: rule
    for rule in (
        Rule("incomplete", "session not completed", _incomplete),
        Rule("bs1534-reference", "hidden reference rated below 90 on more than 15 % of its items "
             "(ITU-R BS.1534-3)", _bs1534_reference),
        Rule("bs1534-anchor", "mid anchor rated above 90 on more than 15 % of its items, without "
             "items on which more than 25 % of the assessors did (ITU-R BS.1534-3)",
             _bs1534_anchor),
        Rule("straight-lining", "one and the same answer to everything on each scale",
             _straight_lining),
        Rule("too-little-listening", "rated too many versions after less than 1 s of listening",
             _too_little_listening),
        Rule("z-score", "single rating 3.29 or more standard deviations from the mean of its "
             "stimulus (as in the toolkit of ITU-T P.808)", _z_score),
        *PANEL_RULES,
    )
}  # fmt: skip
