"""Planned stopping: intervals that hold at every look, looks without a direction, no fixed-n p."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import integrate, stats

from earwitness.analysis.cells import Cells
from earwitness.analysis.planning.anytime import (
    anytime_interval,
    mixing_variance,
    reach_in_errors,
)
from earwitness.analysis.planning.looks import look_at_exports
from earwitness.analysis.planning.sequential import take_a_look
from earwitness.analysis.planning.simulation import Deviations, World, simulate
from earwitness.analysis.report import report
from earwitness.stimuli.errors import DataError
from earwitness.stimuli.study import Sequential, Study, StudyFolder

CUTS = (-2.2, -0.8, 0.6, 2.0)


def test_the_interval_ends_where_the_e_value_is_one_over_alpha() -> None:
    """The e-value by numerical integration: noncentral t over a normal prior, against central t."""
    count, alpha, g = 12, 0.05, 0.4
    t = reach_in_errors(count, alpha, g)

    def weighted(effect: float) -> float:
        prior = stats.norm.pdf(effect, scale=np.sqrt(g))
        return float(stats.nct.pdf(t, count - 1, effect * np.sqrt(count)) * prior)

    above = integrate.quad(weighted, -6, 6)[0] / stats.t.pdf(t, count - 1)
    assert above == pytest.approx(1 / alpha, rel=1e-4)


@pytest.mark.parametrize("songs", ["fixed", "sample"])
def test_looking_after_every_participant_does_not_raise_false_stops(songs: str) -> None:
    """1,000 studies, 10 to 50 participants: a 5 % method exceeds 74 with p < 0.001."""
    new_items = songs == "sample"
    world = World(Deviations(1.0, 0.5, 0.6, 0.5 if new_items else 0.0), CUTS)
    studies = simulate(world, np.zeros(2), 50, 8, 1000, np.random.default_rng(4))
    differences = studies[..., 1] - studies[..., 0]
    g = mixing_variance(0.05, 25)
    stopped = np.zeros(len(differences), dtype=bool)
    naive = np.zeros(len(differences), dtype=bool)
    for count in range(10, 51, 2):
        for k in np.flatnonzero(~stopped):
            _, low, high = anytime_interval(differences[k, :count], 0.05, g, new_items=new_items)
            stopped[k] = low > 0 or high < 0
        seen = differences[:, :count].mean(axis=2)
        naive |= stats.ttest_1samp(seen, 0, axis=1).pvalue < 0.05
    assert stopped.sum() <= 74
    assert naive.sum() > 120  # what looking does to the t test


def _cells(shift: float, participants: int) -> Cells:
    base = np.random.default_rng(1).normal(size=(participants, 8))
    noise = np.random.default_rng(2).normal(scale=0.3, size=(participants, 8))
    names = tuple(str(k) for k in range(participants))
    return Cells(names, tuple("abcdefgh"), {"base": base, "other": base + shift + noise})


def test_a_look_says_stop_or_go_on_and_nothing_else() -> None:
    plan = Sequential(at_most=40)
    early = take_a_look({"q": _cells(2.0, 8)}, "base", plan, 0.05, None)
    assert (early.stop, early.why) == (False, "the first look is at 10")
    up, down = (take_a_look({"q": _cells(s, 20)}, "base", plan, 0.05, None) for s in (2.0, -2.0))
    assert up.stop
    assert up == down  # who leads makes no difference
    assert not take_a_look({"q": _cells(0.0, 20)}, "base", plan, 0.05, None).stop
    alike = take_a_look({"q": _cells(0.0, 20)}, "base", plan, 0.05, 1.0)
    assert alike.stop  # within the smallest effect of interest
    last = take_a_look({"q": _cells(0.0, 40)}, "base", plan, 0.05, None)
    assert (last.stop, last.why) == (True, "the planned maximum is reached")


def test_participants_who_have_not_finished_do_not_count() -> None:
    cells = _cells(2.0, 20)
    cells.values["other"][12:, 3] = np.nan
    assert take_a_look({"q": cells}, "base", Sequential(at_most=40), 0.05, None).participants == 12


def test_a_look_at_a_study_reads_its_exports(
    ratings: Callable[..., pd.DataFrame], tmp_path: Path
) -> None:
    (tmp_path / "study.toml").write_text(
        'schema = 1\n[study]\nid = "s"\ntitle = "S"\n'
        '[stimuli]\nrun = "."\ntask = "mix"\nsystems = ["unmixed", "human-mix"]\n'
        '[[scales]]\nid = "overall"\nquestion = "?"\nlabels = ["a", "b", "c", "d", "e"]\n'
        '[[pages]]\ntype = "rating"\n[[pages]]\ntype = "thanks"\n'
        '[analysis]\nbaseline = "unmixed"\n'
        '[analysis.sequential]\nat_most = 40\nsongs = "fixed"\n',
        encoding="utf-8",
    )
    folder = StudyFolder(tmp_path)
    with pytest.raises(DataError, match="no ratings"):
        look_at_exports(tmp_path, folder)
    table = ratings(participants=20, items=6, scales=("overall",), simulated=False)
    table = table[table["system"].isin(["unmixed", "human-mix"])]
    table.to_csv(tmp_path / "ratings.csv", index=False)
    look = look_at_exports(tmp_path, folder)
    assert (look.participants, look.stop, look.why) == (20, True, "every comparison is decided")


def test_the_report_of_a_sequential_study_has_its_intervals_and_no_fixed_n_p(
    ratings: Callable[..., pd.DataFrame],
) -> None:
    study = Study.model_validate(
        {
            "schema": 1, "study": {"id": "s", "title": "S"},
            "stimuli": {"run": ".", "task": "mix", "systems": ["unmixed", "human-mix"]},
            "scales": [{"id": "overall", "question": "Overall?", "labels": list("abcde")}],
            "pages": [{"type": "rating"}, {"type": "thanks"}],
            "analysis": {
                "baseline": "unmixed", "sequential": {"at_most": 40, "songs": "fixed"}
            },
        }
    )  # fmt: skip
    table = ratings(participants=20, items=6, scales=("overall",), simulated=False)
    data = report(table, study=study).data
    assert {row.method for row in data.contrasts} == {"anytime"}
    assert all(row.p is None and row.p_adjusted is None for row in data.contrasts)
    assert all(row.inference == "these_items" for row in data.contrasts)
    assert data.sensitivity == data.tests == data.pairs == data.effect_contrasts == []
    [finding] = data.findings
    words = " ".join(finding.sentences)
    assert "human-mix was rated higher than unmixed" in words
    assert "for these items only" in words
    assert any("withheld" in note for note in data.notes)
    wide = data.contrasts[0].points
    assert wide.ci_low is not None
    assert wide.estimate is not None
    assert wide.ci_low < wide.estimate
