"""Who may be the best, and the tables that say so."""

from __future__ import annotations

import pandas as pd

from earwitness.evaluation.contenders import contender_lines, with_contenders
from earwitness.evaluation.latex import escape, leaderboard_latex
from earwitness.evaluation.leaderboard import leaderboard

from .test_leaderboard import EIGHT, scores_of

CLOSE = [value + 0.1 * (-1) ** place for place, value in enumerate(EIGHT)]
VALUES = {"model": EIGHT, "other": CLOSE, "base": [0.0] * 8, "truth": [9.0] * 8}


def board_of(scores: pd.DataFrame, songs: int = 99) -> pd.DataFrame:
    groups = {item: f"songs/{int(item[5:]) % songs}" for item in scores["item"].unique()}
    return with_contenders(leaderboard(scores, groups, {"songs": "base"}), scores, groups)


def test_what_the_items_cannot_tell_from_the_best_is_said_with_n() -> None:
    values = {**VALUES, "other": [value - 1e-3 for value in CLOSE]}
    board = board_of(scores_of(values))
    words = dict(zip(board["system"], board["against_best"], strict=True))
    assert words == {"model": "best", "other": "not_distinguishable", "base": "worse", "truth": ""}
    lines = contender_lines(board)
    assert "not distinguishable from the best at n = 8 groups: other by estoi" in lines
    assert "smallest attainable p with 8 groups: 0.0078" in lines


def test_lower_may_be_better() -> None:
    board = board_of(scores_of(VALUES, direction="lower"))
    words = dict(zip(board["system"], board["against_best"], strict=True))
    assert words["base"] == "best"
    assert words["model"] == words["other"] == "worse"


def test_few_groups_decide_nothing() -> None:
    board = board_of(scores_of(VALUES), songs=7)
    assert set(board["against_best"]) == {"best", "undecidable_at_this_n", ""}
    assert set(board["groups"]) == {7}
    assert contender_lines(board) == ["smallest attainable p with 7 groups: 0.016"]


def test_a_system_alone_is_not_the_best() -> None:
    board = board_of(scores_of({"model": EIGHT, "truth": EIGHT}))
    assert set(board["against_best"]) == {""}


def test_the_leaderboard_is_latex_with_the_best_bold() -> None:
    scores = scores_of({**VALUES, "other": [value - 1e-3 for value in CLOSE]})
    text = leaderboard_latex(scores, board_of(scores))
    assert r"\begin{tabular}{lrrrr}" in text
    assert r"metric & model & other & base & truth \\" in text
    assert r"estoi $\uparrow$ & \textbf{4.5} {\scriptsize [" in text
    assert r"4.5$^{\circ}$ {\scriptsize [" in text
    assert text.count(r"\toprule") == text.count(r"\bottomrule") == 1


def test_names_are_escaped_for_latex() -> None:
    assert escape(r"a_b%c\d^{e}") == r"a\_b\%c\textbackslash{}d\textasciicircum{}\{e\}"
