"""The leaderboard against numbers computed by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
import pytest

from earwitness.evaluation.leaderboard import best, leaderboard
from earwitness.stimuli.schema import LEADERBOARD, SCORES, conform

ROLES = {"model": "model", "other": "model", "base": "baseline", "truth": "reference"}
EIGHT = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]


def scores_of(
    values: Mapping[str, Sequence[float | None]], *, direction: str = "higher"
) -> pd.DataFrame:
    """A score table with one metric; None is a failed row."""
    rows = [
        {
            "system": system,
            "role": ROLES[system],
            "task": "mix",
            "dataset": "songs",
            "item": f"item-{place}",
            "metric": "estoi",
            "value": value,
            "direction": direction,
            "status": "failed" if value is None else "ok",
            "reason": "silent" if value is None else "",
            "seconds": 0.0,
            "unit": "",
        }
        for system, column in values.items()
        for place, value in enumerate(column)
    ]
    return conform(pd.DataFrame(rows), SCORES)


def board_of(scores: pd.DataFrame, songs: int = 99) -> pd.DataFrame:
    groups = {item: f"songs/{int(item[5:]) % songs}" for item in scores["item"].unique()}
    return leaderboard(scores, groups, {"songs": "base"}).set_index("system")


def test_means_and_paired_differences_are_those_by_hand() -> None:
    board = board_of(scores_of({"model": [2.0, 4.0, None], "base": [1.0, 1.0, 10.0]}))
    assert board.loc["model", "n"] == 2
    assert board.loc["model", "mean"] == 3.0
    assert board.loc["base", "mean"] == 4.0
    assert board.loc["model", "difference"] == 2.0  # ((2 − 1) + (4 − 1)) / 2, the third unpaired
    assert board.loc["model", "baseline"] == "base"


def test_with_fewer_than_eight_groups_there_are_points_only() -> None:
    board = board_of(scores_of({"model": EIGHT, "base": [0.0] * 8}), songs=7)
    row = board.loc["model"]
    assert row["verdict"] == "undecidable_at_this_n"
    assert row["difference"] == 4.5
    empty = ["ci_low", "ci_high", "difference_ci_low", "difference_ci_high", "p", "p_adjusted"]
    assert row[empty].isna().all()


def test_eight_groups_of_one_sign_are_better_at_the_smallest_p() -> None:
    row = board_of(scores_of({"model": EIGHT, "base": [0.0] * 8})).loc["model"]
    assert row["p"] == 2 / 256
    assert row["p_adjusted"] == 2 / 256
    assert row["verdict"] == "better"
    assert row["difference_ci_low"] < 4.5 < row["difference_ci_high"]


def test_lower_is_worse_where_higher_is_better_and_the_other_way_round() -> None:
    values = {"model": [-value for value in EIGHT], "base": [0.0] * 8}
    assert board_of(scores_of(values)).loc["model", "verdict"] == "worse"
    assert board_of(scores_of(values, direction="lower")).loc["model", "verdict"] == "better"
    assert board_of(scores_of(values, direction="")).loc["model", "verdict"] == "lower"


def test_holm_adjusts_models_but_not_the_reference() -> None:
    values = {
        "model": EIGHT,
        "other": [1.0, -2.0, 3.0, -4.0, 5.0, -6.0, 7.0, -8.0],
        "base": [0.0] * 8,
        "truth": [9.0] * 8,
    }
    board = board_of(scores_of(values))
    assert board.loc["model", "p_adjusted"] == 2 * board.loc["model", "p"]  # a family of two
    assert board.loc["other", "verdict"] == "not_distinguishable"
    assert board.loc["truth", "p"] == 2 / 256
    assert pd.isna(board.loc["truth", "p_adjusted"])
    assert board.loc["truth", "verdict"] == "reference"


def test_the_best_is_a_model_or_baseline_without_failures() -> None:
    scores = scores_of(
        {"model": [1.0, None], "other": [0.5, 0.5], "base": [0.1, 0.1], "truth": [9.0, 9.0]}
    )
    assert best(board_of(scores).reset_index(), scores) == {("other", "estoi")}


def test_a_system_with_failed_rows_only_keeps_its_place_without_numbers() -> None:
    row = board_of(scores_of({"model": [None, None], "base": [1.0, 2.0]})).loc["model"]
    assert row["n"] == 0
    assert row["verdict"] == "failed"
    assert pd.isna(row["mean"])


def test_a_metric_that_applies_to_nothing_has_no_row() -> None:
    scores = scores_of({"base": [None]})
    scores["status"] = "not_applicable"
    board = leaderboard(scores, {"item-0": "a"}, {"songs": "base"})
    assert board.empty
    assert list(board.columns) == LEADERBOARD.names


def test_without_a_baseline_there_is_no_difference() -> None:
    row = board_of(scores_of({"model": EIGHT})).loc["model"]
    assert row["verdict"] == "no_baseline"
    assert row["mean"] == pytest.approx(4.5)
    assert row["ci_low"] < 4.5 < row["ci_high"]
