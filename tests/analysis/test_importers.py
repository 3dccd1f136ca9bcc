"""Tables from elsewhere become our columns, without what identifies a person."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pytest

from earwitness.analysis import report
from earwitness.analysis.inputs.importers import (
    Imported,
    from_columns,
    from_matrix,
    from_qualtrics,
    from_webmushra,
)
from earwitness.stimuli.errors import ConfigError, DataError

WEBMUSHRA = """session_test_id,email,age,trial_id,rating_stimulus,rating_score,rating_time
t,"ann@example.org",31,song1,reference,100,2400
t,"ann@example.org",31,song1,C1,62,2400
t,"ann@example.org",31,song1,anchor35,12,2400
t,"bob@example.org",44,song1,reference,97,1800
t,"bob@example.org",44,song1,C1,55,1800
t,"bob@example.org",44,song1,anchor35,20,1800
"""
QUALTRICS = """StartDate,Status,IPAddress,Finished,ResponseId,song1_cnn_overall,song1_base_overall
Start Date,Response Type,IP Address,Finished,Response ID,CNN on song 1?,Baseline?
"{""ImportId"":""startDate""}","{""ImportId"":""s""}",x,x,"{""ImportId"":""_recordId""}",x,x
2022-09-01,IP Address,192.0.2.1,True,R_1,Good,Poor
2022-09-01,Survey Preview,192.0.2.2,True,R_2,Good,Good
2022-09-02,IP Address,192.0.2.3,False,R_3,Very Good,
"""
LABELS = ["Very Poor", "Poor", "Fair", "Good", "Very Good"]


def write(folder: Path, text: str) -> Path:
    path = folder / "table.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_webmushra_gives_pseudonyms_roles_and_scores(tmp_path: Path) -> None:
    found = from_webmushra(write(tmp_path, WEBMUSHRA))
    assert list(found.ratings["participant"].unique()) == ["p001", "p002"]
    assert "example.org" not in found.ratings.to_csv()
    assert found.systems is not None
    roles = dict(zip(found.systems["system"], found.systems["role"], strict=True))
    assert roles == {"reference": "reference", "C1": "model", "anchor35": "anchor"}
    data = report(found.ratings, systems=found.systems, baseline="C1").data
    assert data.n_ratings == 6
    assert data.descriptives[0].mean == 98.5


def test_webmushras_likert_pages_and_session_ids_are_read(tmp_path: Path) -> None:
    text = "session_test_id,session_uuid,trial_id,stimuli_rating,stimuli,rating_time\n"
    text += 't,u1,song1," 4 ",C1,10\nt,u2,song1," 2 ",C1,10\n'
    found = from_webmushra(write(tmp_path, text)).ratings
    assert list(found["participant"]) == ["p001", "p002"]
    assert list(found["value"]) == ["4", "2"]


def test_qualtrics_words_become_numbers_and_previews_stay_out(tmp_path: Path) -> None:
    path = write(tmp_path, QUALTRICS)
    found = from_qualtrics(path, "{item}_{system}_{scale}", LABELS)
    assert "192.0.2" not in found.ratings.to_csv()
    rows = found.ratings.set_index(["participant", "system"])["value"]
    assert rows["p001", "cnn"] == 4
    assert rows["p001", "base"] == 2
    assert pd.isna(rows["p002", "base"])
    assert set(found.ratings["scale"]) == {"overall"}
    assert found.sessions is not None
    assert list(found.sessions["status"]) == ["completed", "started"]
    data = report(found.ratings, sessions=found.sessions, baseline="base").data
    assert data.n_ratings == 3
    assert {flag.rule: flag.participants for flag in data.flags}["incomplete"] == 1


def test_a_qualtrics_pattern_may_fit_the_question_instead_of_the_name(tmp_path: Path) -> None:
    text = "ResponseId,Q1,Q2\nResponse ID,Rate A / song1,Rate B / song1\nR_1,5,3\nR_2,4,4\n"
    found = from_qualtrics(write(tmp_path, text), "Rate {system} / {item}").ratings
    assert list(found["system"].unique()) == ["A", "B"]
    assert set(found["scale"]) == {"rating"}
    assert report(found, baseline="B").data.n_ratings == 4


def test_other_column_names_are_mapped_and_votes_are_numbers(tmp_path: Path) -> None:
    text = "subject,song,codec,best\n1,a,x,True\n1,a,y,False\n2,a,x,False\n2,a,y,True\n"
    names = {"participant": "subject", "item": "song", "system": "codec", "value": "best"}
    found = from_columns(write(tmp_path, text), names).ratings
    data = report(found, baseline="x").data
    assert [scale.id for scale in data.scales] == ["rating"]
    assert {row.mean for row in data.descriptives} == {0.5}


def survey(path: Path, labels: Sequence[str] = ()) -> Imported:
    return from_qualtrics(path, "{item}_{system}", labels)


@pytest.mark.parametrize(
    ("read", "text", "message"),
    [
        (from_webmushra, "a,b\n1,2\n", "not a table of webMUSHRA"),
        (from_webmushra, "trial_id,rating_stimulus,rating_score\ns,C1,5\n", "no column tells"),
        (lambda p: from_columns(p, {"item": "song"}), "a,b\n1,2\n", "no column 'song' for item"),
        (lambda p: from_columns(p, {"item": "a"}), "a,b\n1,2\n", "no column for participant"),
        (survey, "a\nb\n", "two header rows"),
        (survey, "ResponseId,Q\nR,q\nR1,5\n", "no column fits"),
        (survey, "Q,a_b\nR,q\nR1,5\n", "no column ResponseId"),
        (lambda p: survey(p, ["Bad"]),
         "ResponseId,a_b\nR,q\nR1,Good\n", "not among the labels"),
        (from_webmushra, "", "cannot be read"),
    ],
)  # fmt: skip
def test_a_file_that_does_not_fit_is_one_clear_line(
    read: object, text: str, message: str, tmp_path: Path
) -> None:
    with pytest.raises(DataError, match=message) as caught:
        read(write(tmp_path, text))  # type: ignore[operator]
    assert "\n" not in str(caught.value)


def test_a_pattern_without_its_fields_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="must hold"):
        from_qualtrics(write(tmp_path, QUALTRICS), "{item}")


def test_a_matrix_is_stimuli_by_participants_and_may_have_gaps(tmp_path: Path) -> None:
    path = write(tmp_path, "5.0,nan,4\n1,2,\n3,3,3\n")
    data = report(from_matrix(path).ratings).data
    assert (data.n_ratings, data.n_participants, data.n_items) == (7, 3, 3)
    assert [row.mean for row in data.stimulus_means] == [4.5, 1.5, 3.0]
    with pytest.raises(DataError, match="a column per participant"):
        from_matrix(write(tmp_path, "1\n2\n"))
