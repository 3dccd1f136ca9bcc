"""A study file that listeners or the report would stumble over is refused in one line."""

from __future__ import annotations

from pathlib import Path

import pytest

from earwitness.stimuli.errors import ConfigError
from earwitness.stimuli.study import StudyFolder

STUDY = """
schema = 1
[study]
id = "test"
title = "Hörtest: 日本語 😀"
language = "de-CH"
[stimuli]
run = "../run"
task = "mix"
systems = ["a", "b"]
training_items = ["x"]
[[scales]]
id = "overall"
question = "How good?"
labels = ["bad", "good"]
[[pages]]
type = "questionnaire"
[[pages.fields]]
id = "ears"
question = "Which?"
kind = "choice"
options = ["left", "right"]
[[pages]]
type = "rating"
[[pages]]
type = "thanks"
[simulation.utilities]
a = 1.0
"""


def load(folder: Path, text: str, encoding: str = "utf-8") -> StudyFolder:
    (folder / "study.toml").write_text(text, encoding=encoding)
    return StudyFolder(folder)


def test_a_study_in_any_language_is_read(tmp_path: Path) -> None:
    assert load(tmp_path, STUDY).study.study.title == "Hörtest: 日本語 😀"


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    assert load(tmp_path, STUDY, "utf-8-sig").study == load(tmp_path, STUDY).study


@pytest.mark.parametrize(
    ("right", "wrong", "told"),
    [
        ("Hörtest: 日本語 😀", " ", "study.title"),
        ("de-CH", "German > x", "study.language"),
        ("de-CH", "de" + "-abcdefgh" * 5, "study.language"),
        ("How good?", "", "scales.0.question"),
        ('"bad", "good"', '"", "good"', "scales.0.labels.0"),
        ('"bad", "good"', '"good", "good"', "scales.0.labels: 'good' is there twice"),
        ('"left", "right"', '"left", "left"', "options: 'left' is there twice"),
        ('type = "rating"', 'type = "rating"\n[[pages]]\ntype = "thanks"', "and no other"),
        ("a = 1.0", "a = nan", "simulation.utilities.a"),
        ("[simulation.", '[analysis]\nformula = "rating ~ a *"\n[simulation.', "misplaced"),
        ('["x"]', '["x", "x"]', "stimuli.training_items: x is used twice"),
    ],
)
def test_what_nobody_could_answer_or_store_is_one_line(
    tmp_path: Path, right: str, wrong: str, told: str
) -> None:
    assert right in STUDY
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, STUDY.replace(right, wrong))
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)
