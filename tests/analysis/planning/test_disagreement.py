"""Items that metrics disagree on: found, kept out of every mean, and decided by the listeners."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from earwitness.analysis.planning.disagreement import most_disputed
from earwitness.analysis.report import report
from earwitness.stimuli.errors import DataError
from earwitness.stimuli.study import Study

SYSTEMS = ["human-mix", "constant", "unmixed", "lead-up-12db"]


def _scores() -> pd.DataFrame:
    """Two metrics that agree but on song-2, and a descriptor without a direction."""
    rows = []
    for i in range(6):
        for system in SYSTEMS:
            better = 1.0 if system == "human-mix" else 0.0
            rows += [
                (system, f"song-{i}", "stoi", better + 0.1 * i, "higher"),
                (system, f"song-{i}", "mrstft", (better if i == 2 else -better) * 3, "lower"),
                (system, f"song-{i}", "loudness_lufs", -20.0 - 5 * better, ""),
            ]
    frame = pd.DataFrame(rows, columns=["system", "item", "metric", "value", "direction"])
    return frame.assign(unit="", status="ok", reason="")


def _study(**analysis: object) -> Study:
    return Study.model_validate(
        {
            "schema": 1, "study": {"id": "s", "title": "S"},
            "stimuli": {"run": ".", "task": "mix", "systems": SYSTEMS},
            "scales": [{"id": "overall", "question": "Overall?", "labels": list("abcde")}],
            "pages": [{"type": "rating"}, {"type": "thanks"}],
            "analysis": {"baseline": "unmixed", **analysis},
        }
    )  # fmt: skip


def test_the_disputed_item_is_found_with_the_metrics_on_either_side() -> None:
    [found] = most_disputed(_scores(), "human-mix", "unmixed", (), 5)
    assert (found.item, found.for_first, found.for_second) == ("song-2", "stoi", "mrstft")
    assert found.strength == pytest.approx(1.0)  # both by their typical difference
    assert most_disputed(_scores(), "human-mix", "unmixed", ("song-2",), 5) == []
    with pytest.raises(DataError, match="no scores of nobody"):
        most_disputed(_scores(), "nobody", "unmixed", (), 5)


def test_disagreement_items_change_no_mean_and_the_listeners_decide_between_metrics(
    ratings: Callable[..., pd.DataFrame],
) -> None:
    table = ratings(participants=10, items=4, scales=("overall",))
    disputed = table["item"] == "song-2"
    table.loc[disputed & (table["system"] == "human-mix"), "value"] = (
        1  # listeners: mrstft is right
    )
    table.loc[disputed & (table["system"] == "unmixed"), "value"] = np.resize([4, 5], 10)
    planned = _study(disagreement_items=["song-2"])
    data = report(table, scores=_scores(), study=planned).data
    without = report(table[~disputed], scores=_scores(), study=_study()).data
    assert data.descriptives == without.descriptives
    assert data.contrasts == without.contrasts
    assert [(e.rule, e.ratings) for e in data.exclusions] == [("disagreement-items", 40)]
    found = {row.system: row for row in data.disagreement}["human-mix"]
    assert found.difference == pytest.approx(-3.5)
    assert (found.agreeing, found.opposing) == (["mrstft"], ["stoi"])
    assert without.disagreement == []
