"""Who may be the best: each model and baseline against the best one on the same datasets.

Differences are paired by item.

The best is chosen after looking at the data, so "not distinguishable" is a statement about how
little the items can tell, never that two systems are equally good.
"""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from earwitness.stimuli.schema import SET_ITEM

from .leaderboard import ALPHA, UNDECIDABLE, best, with_datasets
from .uncertainty import MIN_GROUPS, group_sums, holm, sign_flip_p

BEST = "best"
NOT_DISTINGUISHABLE = "not_distinguishable"
WORSE = "worse"

Values = Mapping[str, float]  # item → value


def with_contenders(
    board: pd.DataFrame, scores: pd.DataFrame, groups: Mapping[str, str]
) -> pd.DataFrame:
    """`board` with its column `against_best`, empty where nothing is ranked.

    Args:
        board: table `LEADERBOARD`.
        scores: table `SCORES`.
        groups: group of each item, different between datasets.
    """
    winners = best(board, scores)
    found: dict[tuple[str, str], str] = {}
    ranked = with_datasets(scores)[
        scores["role"].isin(["model", "baseline"])
        & (scores["status"] == "ok")
        & (scores["item"] != SET_ITEM)
    ]
    for (_, metric), frame in ranked.groupby(["datasets", "metric"], sort=False):
        values = {
            str(system): dict(zip(rows["item"], rows["value"].astype(float), strict=True))
            for system, rows in frame.groupby("system", sort=False)
        }
        top = [system for system in values if (system, str(metric)) in winners]
        if not top or len(values) < 2:
            continue
        sign = 1.0 if frame["direction"].iloc[0] == "higher" else -1.0
        words = _against(values[top[0]], values, groups, sign)
        found |= {(system, str(metric)): word for system, word in words.items()}
        found |= {(system, str(metric)): BEST for system in top}
    keys = zip(board["system"], board["metric"], strict=True)
    column = pd.Series([found.get(key, "") for key in keys], index=board.index, dtype="string")
    return board.assign(against_best=column)


def _against(
    top: Values, values: Mapping[str, Values], groups: Mapping[str, str], sign: float
) -> dict[str, str]:
    """The word for each system; `sign` turns a difference so that worse is negative."""
    words, tested = {}, {}
    for system, own in values.items():
        common = [item for item in own if item in top]
        differences = [sign * (own[item] - top[item]) for item in common]
        sums, _ = group_sums(differences, [groups[item] for item in common])
        if own is top or len(sums) < MIN_GROUPS:
            words[system] = UNDECIDABLE
        else:
            tested[system] = (sign_flip_p(sums), float(sums.sum()))
    adjusted = holm([p for p, _ in tested.values()])
    for (system, (_, total)), p in zip(tested.items(), adjusted, strict=True):
        words[system] = WORSE if p < ALPHA and total < 0 else NOT_DISTINGUISHABLE
    return words


def contender_lines(board: pd.DataFrame) -> list[str]:
    """What a reader must know before naming a winner: who else it may be, at which n."""
    close = board[board["against_best"] == NOT_DISTINGUISHABLE]
    lines = []
    for count, rows in close.groupby("groups", sort=True):
        pairs = ", ".join(f"{row.system} by {row.metric}" for row in rows.head(6).itertuples())
        more = f" and {len(rows) - 6} more (leaderboard.csv)" if len(rows) > 6 else ""
        lines.append(f"not distinguishable from the best at n = {count} groups: {pairs}{more}")
    known = board[board["smallest_p"].notna()]
    for count in sorted(set(known["groups"])):
        smallest = known[known["groups"] == count]["smallest_p"].iloc[0]
        lines.append(f"smallest attainable p with {count} groups: {smallest:.2g}")
    return lines
