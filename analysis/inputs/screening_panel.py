"""Screening rules that compare a participant with the panel, the reference, or themselves.

Source: ITU-R BS.1116-3 Annex 1 (expertise by a t-test), ITU-R BS.1534-3 §4.1.2 (1.5 times the
interquartile range), ITU-T P.808 (gold and trapping questions), VQEG HDTV test plan (correlation).
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

from ..agreement.repeats import concordance
from ..arrays import Floats
from .screened import Mask, NotApplicableError, Rule, Screened, of_participants

EXPERTISE_ALPHA = 0.05
LEAST_CORRELATION = 0.75
LEAST_CONCORDANCE = 0.5
FEWEST_PAIRS = 5  # of a participant, below which no correlation says anything
GOLD_POINTS = 1.0  # that an answer to a gold question may be off
FENCE = 1.5  # interquartile ranges


def _expertise(seen: Screened) -> Mask:
    role = seen.ratings["system"].map(lambda system: seen.roles.get(system, ""))
    keys = ["participant", "scale", "item"]
    reference = seen.ratings[role == "reference"].groupby(keys)["value"].mean()
    if reference.empty:
        raise NotApplicableError("no system has the role reference")
    others = seen.ratings[~role.isin(["reference", "anchor"])]
    graded = others.groupby(keys)["value"].mean()
    gaps = (reference - graded).dropna()
    unsure = [
        name for name, gap in gaps.groupby(level="participant")
        if len(gap) >= 2 and not _is_above_zero(gap.to_numpy(dtype=float))
    ]  # fmt: skip
    return of_participants(seen, pd.Index(unsure))


def _is_above_zero(gaps: Floats) -> bool:
    """One-sided t-test; equal differences decide by their sign."""
    if np.ptp(gaps) == 0:
        return bool(gaps[0] > 0)
    return bool(stats.ttest_1samp(gaps, 0.0, alternative="greater").pvalue < EXPERTISE_ALPHA)


def _beyond_fences(seen: Screened) -> Mask:
    groups = seen.ratings.groupby(["scale", "system", "item"])["value"]
    low, high = groups.transform(_lower_hinge), groups.transform(_upper_hinge)
    reach = FENCE * (high - low)
    value = seen.ratings["value"]
    return (value < low - reach) | (value > high + reach)


def _lower_hinge(values: pd.Series) -> float:
    """Median of the lower half, which holds the median where the count is odd."""
    ordered = np.sort(values.to_numpy(dtype=float))
    return float(np.median(ordered[: (len(ordered) + 1) // 2]))


def _upper_hinge(values: pd.Series) -> float:
    ordered = np.sort(values.to_numpy(dtype=float))
    return float(np.median(ordered[len(ordered) // 2 :]))


def _correlation(seen: Screened) -> Mask:
    keys = ["scale", "system", "item"]
    mean = seen.ratings.groupby(["participant", *keys])["value"].mean()
    total, count = mean.groupby(keys).transform("sum"), mean.groupby(keys).transform("count")
    rest = ((total - mean) / (count - 1)).where(count > 1)
    both = pd.DataFrame({"own": mean, "rest": rest}).dropna()
    if both.empty:
        raise NotApplicableError("no stimulus was rated by two participants")
    people = both.groupby(level="participant")
    apart = both - people.transform("mean")
    products = pd.DataFrame(
        {"both": apart["own"] * apart["rest"], "own": apart["own"] ** 2, "rest": apart["rest"] ** 2}
    )
    sums = products.groupby(level="participant").sum()
    both_sums, own, others = sums.to_numpy(dtype=float).T
    # Without variation there is no correlation, and so none that is high enough.
    high = both_sums >= LEAST_CORRELATION * np.sqrt(own * others)
    low = (people.size().to_numpy() >= FEWEST_PAIRS) & ~(high & (own > 0) & (others > 0))
    return of_participants(seen, sums.index[low])


def _repeats(seen: Screened) -> Mask:
    if not seen.ratings["is_repeat"].any():
        raise NotApplicableError("nothing was rated twice")
    keys = ["participant", "scale", "system", "item"]
    second = seen.ratings[seen.ratings["is_repeat"]].groupby(keys)["value"].first()
    first = seen.ratings[~seen.ratings["is_repeat"]].groupby(keys)["value"].first()
    pairs = pd.DataFrame({"first": first, "second": second}).dropna()
    low = [
        name for name, rows in pairs.groupby(level="participant")
        if len(rows) >= FEWEST_PAIRS
        and not concordance(rows["first"].to_numpy(), rows["second"].to_numpy())[0]
        >= LEAST_CONCORDANCE
    ]  # fmt: skip
    return of_participants(seen, pd.Index(low))


def _gold(seen: Screened) -> Mask:
    if "target" not in seen.ratings:
        raise NotApplicableError("no rating has a target")
    target = pd.to_numeric(seen.ratings["target"], errors="coerce")
    if "page_type" in seen.ratings:  # there a target is what was said
        target = target.where(seen.ratings["page_type"].isin(["rating", "acr", "mushra"]))
    if target.isna().all():
        raise NotApplicableError("no rating has a target")
    missed = (seen.ratings["value"] - target).abs() > GOLD_POINTS
    return of_participants(seen, pd.Index(seen.ratings.loc[missed, "participant"].unique()))


PANEL_RULES = (
    Rule("bs1116-expertise", "rates the hidden reference not significantly above the systems "
         "(one-sided t-test over the items, 5 %; ITU-R BS.1116-3)", _expertise, is_hint=True),
    Rule("bs1534-outliers", "single rating more than 1.5 interquartile ranges beyond the quartiles "
         "of its stimulus (ITU-R BS.1534-3: leave out with a reason only)", _beyond_fences,
         is_hint=True),
    Rule("correlation", "correlates below 0.75 with the mean of the other participants over the "
         "stimuli (VQEG)", _correlation, is_hint=True),
    Rule("repeat-consistency", "repeats their own ratings with a concordance below 0.5 (Lin; five "
         "repeats or more)", _repeats),
    Rule("p808-gold", "missed a gold or trapping question: a rating more than 1 point from its "
         "target (ITU-T P.808)", _gold),
)  # fmt: skip
