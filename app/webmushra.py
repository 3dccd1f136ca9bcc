"""Ratings in the columns of webMUSHRA's `mushra.csv`, so that existing scripts keep working."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from earwitness.stimuli.schema import PARTICIPANTS, RATINGS

WEBMUSHRA_FILE = "webmushra.csv"
ANCHORS = {"anchor-3500-hz": "anchor35", "anchor-7000-hz": "anchor70"}


def webmushra_frame(frames: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Test ratings with a value, one row each.

    `trial_id` is the item, with `.<scale>` where the study has several scales; `rating_time` is
    the time from showing the page to the answer, ms. The questionnaire's choices stand between
    `session_test_id` and `session_uuid`, as there. Training and excluded rows are left out. On
    MUSHRA and DCR pages the hidden reference is `reference`, the anchors `anchor35`, `anchor70`.
    """
    ratings = frames[RATINGS.name]
    kept = ratings[~ratings["is_training"] & ~ratings["excluded"] & ~ratings["declined"]]
    kept = kept[kept["answer"].isna()]  # its other page types have files of their own
    people = frames[PARTICIPANTS.name].drop(columns=["group"])
    has_many_scales = kept["scale"].nunique() > 1
    trial = kept["item"] + "." + kept["scale"] if has_many_scales else kept["item"]
    shown, answered = (
        pd.to_datetime(kept[name], utc=True, format="ISO8601")
        for name in ("presented_at", "answered_at")
    )
    own = pd.DataFrame(
        {
            "participant": kept["participant"],
            "session_uuid": kept["session"],
            "trial_id": trial,
            "rating_stimulus": _stimuli(kept),
            "rating_score": kept["value"],
            "rating_time": ((answered - shown).dt.total_seconds() * 1000).round().astype("Int64"),
            "rating_comment": "",
        }
    )
    joined = people.merge(own, on="participant", how="right").drop(columns=["participant"])
    joined.insert(0, "session_test_id", kept["study"].to_numpy())
    return joined


def _stimuli(ratings: pd.DataFrame) -> pd.Series[str]:
    """Systems as webMUSHRA names them."""
    is_hidden = ratings["page_type"].isin(["mushra", "dcr"]) & (ratings["role"] == "reference")
    return ratings["system"].replace(ANCHORS).mask(is_hidden, "reference")
