"""Screening rules flag what they say, and leave out only what was planned."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from earwitness.analysis import report
from earwitness.analysis.inputs.prepared import Tables, load_inputs
from earwitness.analysis.inputs.screening import RULES
from earwitness.analysis.records.report import Flag
from earwitness.stimuli.errors import ConfigError
from earwitness.stimuli.study import Study

Make = Callable[..., pd.DataFrame]
STAHL = Path(__file__).parent.parent / "golden" / "ratings" / "stahl2024.csv"
SYSTEMS = ["reference", "anchor", "codec"]
ROLES = pd.DataFrame({"system": SYSTEMS, "role": ["reference", "anchor", "model"]})


def study(**analysis: object) -> Study:
    return Study.model_validate(
        {
            "schema": 1,
            "study": {"id": "s", "title": "S"},
            "stimuli": {"run": "run", "task": "mix", "systems": SYSTEMS},
            "scales": [{"id": "overall", "question": "How good?", "labels": ["bad", "good"]}],
            "pages": [{"type": "rating"}, {"type": "thanks"}],
            "analysis": analysis,
        }
    )


def mushra(participants: int = 10, items: int = 10) -> pd.DataFrame:
    """A quiet MUSHRA test that no rule flags."""
    rng = np.random.default_rng(4)
    middle = {"reference": 97, "anchor": 30, "codec": 65}
    return pd.DataFrame(
        [
            {"participant": f"p{p}", "item": f"i{i}", "system": system, "scale": "quality",
             "value": float(middle[system] + rng.integers(-3, 4))}
            for p in range(participants) for i in range(items) for system in SYSTEMS
        ]
    )  # fmt: skip


def flagged(frame: pd.DataFrame, **analysis: object) -> dict[str, Flag]:
    inputs = load_inputs(frame, Tables(systems=ROLES), study(**analysis), "codec")
    return {flag.rule: flag for flag in inputs.flags}


def answers(frame: pd.DataFrame, who: str, system: str, items: int) -> pd.Series:
    """The ratings of a system by a participant on the first items."""
    first = [f"i{i}" for i in range(items)]
    chosen = (frame["participant"] == who) & (frame["system"] == system)
    return chosen & frame["item"].isin(first)


def test_stahl_2024_loses_the_two_participants_that_its_authors_removed() -> None:
    frame = pd.read_csv(STAHL).assign(scale="quality")
    roles = pd.DataFrame({"system": ["Reference", "Anchor"], "role": ["reference", "anchor"]})
    data = report(frame, systems=roles, study=study(exclusions=["bs1534-reference"]),
                  baseline="AudioDec").data  # fmt: skip
    flag = next(flag for flag in data.flags if flag.rule == "bs1534-reference")
    assert flag.who == ["17", "6"]
    assert flag.left_out
    assert data.n_participants == 19
    # The screened means, reproduced from the authors' filtered file.
    means = {row.system: row.mean for row in data.descriptives}
    expected = {"Reference": 99.07, "AudioDec": 66.71, "Proposed 5.51": 60.44,
                "Proposed 1.38": 54.28, "Lyra 6": 45.55, "Lyra 3": 29.64,
                "Anchor": 19.42}  # fmt: skip
    for system, mean in expected.items():
        assert means[system] == pytest.approx(mean, abs=0.005)


def test_a_reference_below_90_on_exactly_15_percent_of_the_items_is_allowed() -> None:
    frame = mushra(participants=5, items=20)
    frame.loc[answers(frame, "p1", "reference", 3), "value"] = 89.0
    frame.loc[answers(frame, "p2", "reference", 4), "value"] = 89.0
    frame.loc[answers(frame, "p3", "reference", 8), "value"] = 90.0
    assert flagged(frame)["bs1534-reference"].who == ["p2"]


def test_an_item_whose_anchor_a_quarter_of_the_assessors_like_does_not_count() -> None:
    frame = mushra()
    for k in range(3):  # 3 of 10 assessors on the same items: more than 25 %
        frame.loc[answers(frame, f"p{k}", "anchor", 4), "value"] = 95.0
    assert flagged(frame)["bs1534-anchor"].who == []
    late = answers(frame, "p9", "anchor", 10) & ~answers(frame, "p9", "anchor", 8)
    frame.loc[late, "value"] = 95.0  # 2 of the 6 items that count
    assert flagged(frame)["bs1534-anchor"].who == ["p9"]


def test_the_rules_of_mushra_need_its_scale_and_its_roles(ratings: Make) -> None:
    data = report(ratings(participants=4), baseline="unmixed").data
    reasons = {flag.rule: flag.reason for flag in data.flags}
    assert "no scale from 0 to 100" in reasons["bs1534-reference"]
    bare = report(mushra(), baseline="codec").data
    assert (
        "no system has the role anchor" in {f.rule: f.reason for f in bare.flags}["bs1534-anchor"]
    )


def test_straight_lining_incomplete_and_deaf_answers_are_flagged(ratings: Make) -> None:
    frame = ratings(participants=6).assign(listened_s=4.0)
    frame.loc[frame["participant"] == "p0002", "value"] = 3
    frame.loc[(frame["participant"] == "p0003") & (frame["item"] == "song-0"), "listened_s"] = 0.2
    sessions = frame[["session", "participant"]].drop_duplicates().assign(status="completed")
    sessions.loc[sessions["participant"] == "p0004", "status"] = "started"
    data = report(frame, sessions=sessions, baseline="unmixed").data
    who = {flag.rule: flag.who for flag in data.flags}
    assert who["straight-lining"] == ["p0002"]
    assert who["too-little-listening"] == ["p0003"]
    assert who["incomplete"] == ["p0004"]
    assert data.n_participants == 6


def test_one_rating_far_from_all_others_of_its_stimulus_is_flagged() -> None:
    frame = mushra(participants=15)
    frame.loc[answers(frame, "p4", "codec", 1), "value"] = 2.0
    flag = flagged(frame)["z-score"]
    assert (flag.ratings, flag.who) == (1, ["p4"])


def test_a_participant_who_does_not_hear_the_reference_is_no_expert() -> None:
    frame = mushra()
    deaf = (frame["participant"] == "p3") & (frame["system"] == "reference")
    frame.loc[deaf, "value"] = 65.0
    assert flagged(frame)["bs1116-expertise"].who == ["p3"]


def test_a_rating_beyond_the_fences_is_flagged_and_one_on_them_is_not() -> None:
    frame = mushra(participants=9, items=1)
    codec = frame["system"] == "codec"
    # Hinges of 1..9 with the median in both halves: 3 and 7, so that the fences are −3 and 13.
    frame.loc[codec, "value"] = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 13.0]
    assert flagged(frame[codec])["bs1534-outliers"].ratings == 0
    frame.loc[codec & (frame["participant"] == "p8"), "value"] = 13.5
    assert flagged(frame[codec])["bs1534-outliers"].who == ["p8"]


def test_who_disagrees_with_the_others_or_with_themselves_is_flagged() -> None:
    frame = mushra()
    turned = frame["participant"] == "p2"
    frame.loc[turned, "value"] = 100 - frame.loc[turned, "value"]
    again = frame[frame["system"] != "codec"].assign(is_repeat=True)
    swapped = again["participant"] == "p5"
    again.loc[swapped, "value"] = 100 - again.loc[swapped, "value"]
    flags = flagged(pd.concat([frame.assign(is_repeat=False), again], ignore_index=True))
    assert flags["correlation"].who == ["p2", "p5"]
    assert flags["repeat-consistency"].who == ["p5"]
    assert "nothing was rated twice" in flagged(frame)["repeat-consistency"].reason


def test_a_missed_gold_question_flags_the_participant() -> None:
    frame = mushra().assign(target="")
    first = answers(frame, "p1", "codec", 1) | answers(frame, "p6", "codec", 1)
    frame.loc[first, "target"] = "60"
    frame.loc[answers(frame, "p1", "codec", 1), "value"] = 61.0
    frame.loc[answers(frame, "p6", "codec", 1), "value"] = 62.0
    assert flagged(frame)["p808-gold"].who == ["p6"]


def test_hints_do_not_shape_the_analysis_without_everything_flagged() -> None:
    frame = mushra(participants=4, items=4)
    frame.loc[frame["participant"] == "p2", "value"] = 100 - frame["value"]
    inputs = load_inputs(frame, Tables(systems=ROLES), study(), "codec")
    flags = {flag.rule: flag.who for flag in inputs.flags}
    assert "p2" in flags["correlation"]
    left = inputs.alternatives["everything flagged left out"]
    assert set(left["participant"]) == {"p0", "p1", "p3"}  # p2 fails the rule on references
    assert "p2" in flags["bs1534-reference"]


def test_only_planned_rules_leave_anything_out_and_the_counts_add_up() -> None:
    frame = mushra()
    frame.loc[answers(frame, "p1", "reference", 5), "value"] = 50.0
    made = report(frame, systems=ROLES, study=study(), baseline="codec").data
    assert made.n_participants == 10
    planned = report(frame, systems=ROLES, study=study(exclusions=["bs1534-reference"]),
                     baseline="codec").data  # fmt: skip
    assert planned.n_participants == 9
    assert planned.n_ratings + sum(row.ratings for row in planned.exclusions) == len(frame)


def test_an_unknown_rule_is_one_line_with_the_nearest_one() -> None:
    with pytest.raises(ConfigError, match="did you mean 'straight-lining'") as caught:
        report(mushra(), study=study(exclusions=["straightlining"]), baseline="codec")
    assert "\n" not in str(caught.value)
    assert all(name in str(caught.value) for name in RULES)


def test_the_plan_has_its_own_digest_and_says_what_was_done_otherwise() -> None:
    def plan(**analysis: object) -> tuple[str, list[str]]:
        made = report(mushra(), study=study(**analysis), baseline="codec").data.plan
        return made.digest, made.deviations

    digest, deviations = plan(baseline="codec")
    assert len(digest) == 64
    assert not any("planned" in words for words in deviations)
    assert plan(baseline="codec", alpha=0.01)[0] != digest
    assert "planned was anchor" in plan(baseline="anchor")[1][0]
    assert "could not be applied" in plan(baseline="codec", exclusions=["incomplete"])[1][0]


def test_an_expected_order_of_unknown_systems_is_refused() -> None:
    with pytest.raises(ValidationError, match=r"analysis.expected_order: unknown human"):
        study(expected_order=["codec", "human"])
    with pytest.raises(ValidationError, match="codec is used twice"):
        study(expected_order=["codec", "anchor", "codec"])
    unrated = mushra()[lambda frame: frame["system"] != "anchor"]
    with pytest.raises(ConfigError, match=r"expected_order: 'anchor' has no analysed rating"):
        report(unrated, study=study(expected_order=["anchor", "codec"]), baseline="codec")


def test_an_expected_order_is_tested_and_said_in_words() -> None:
    planned = study(expected_order=["anchor", "codec", "reference"])
    data = report(mushra(), systems=ROLES, study=planned, baseline="codec").data
    page = next(test for test in data.tests if test.name == "page")
    assert (page.statistic, page.n) == (10 * (1 + 4 + 9), 10)
    assert any("anchor < codec < reference is supported" in s for s in data.findings[0].sentences)
    turned = study(expected_order=["reference", "codec", "anchor"])
    data = report(mushra(), systems=ROLES, study=turned, baseline="codec").data
    assert any("is not supported" in s for s in data.findings[0].sentences)


def test_what_the_plan_left_out_stands_in_the_flow_and_fits_into_the_page(tmp_path: Path) -> None:
    frame = mushra()
    frame.loc[answers(frame, "p1", "reference", 5), "value"] = 50.0
    planned = study(exclusions=["bs1534-reference", "z-score", "straight-lining"])
    data = report(frame, systems=ROLES, study=planned, baseline="codec", out=tmp_path,
                  formats=["html"]).data  # fmt: skip
    assert [row.rule for row in data.exclusions] == ["bs1534-reference"]
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "30 ratings of 1 participant: bs1534-reference" in text
    assert data.plan.digest in text
