"""A bot completes a study with every page type over HTTP; the tables and the report have it all."""

from __future__ import annotations

import json
import os
import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pandas as pd
import pytest
from alembic import command
from every_type_study import prepared_every_type_study
from listening_study import write_listening_study
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from earwitness.analysis import report
from earwitness.app.db import Database, _alembic, migrate_database
from earwitness.app.export import export
from earwitness.app.protocol import protocol
from earwitness.app.simulate import simulate
from earwitness.app.tables import Rating
from earwitness.stimuli.manifest import load_stimuli
from earwitness.stimuli.pages.base import TrialPage
from earwitness.stimuli.pages.registry import page_types
from earwitness.stimuli.scale_presets import PRESETS
from earwitness.stimuli.study import StudyFolder


@pytest.fixture(scope="module")
def answered(tmp_path_factory: pytest.TempPathFactory) -> StudyFolder:
    """Every page type, answered by bots."""
    folder = prepared_every_type_study(tmp_path_factory.mktemp("answered"))
    assert simulate(folder, listeners=3).added == 3
    export(folder)
    return folder


def test_every_type_is_documented(root: Path) -> None:
    text = (root / "docs" / "page-types.md").read_text(encoding="utf-8")
    trials = [name for name, page in page_types().items() if issubclass(page, TrialPage)]
    assert [name for name in trials if text.count(f"`{name}`") < 2] == []
    assert [name for name in PRESETS if f"`{name}`" not in text] == []


def test_the_protocol_says_what_every_type_asks(answered: StudyFolder) -> None:
    text = protocol(answered, load_stimuli(answered))
    for asked in ("X is A · X is B", "0 to 100: Bad", "3 digits, typed", "Version A · Version B"):
        assert asked in text


@pytest.fixture(scope="module")
def ratings(answered: StudyFolder) -> pd.DataFrame:
    return pd.read_parquet(answered.exports / "ratings.parquet")


def of(ratings: pd.DataFrame, page_type: str) -> pd.DataFrame:
    return ratings[ratings["page_type"] == page_type]


def test_each_type_has_its_rows_in_each_session(ratings: pd.DataFrame) -> None:
    counts = ratings.groupby(["page_type", "scale"]).size() / ratings["session"].nunique()
    assert counts.to_dict() == {
        ("p835", "signal"): 2, ("p835", "background"): 2, ("p835", "overall"): 2,
        ("dcr", "degradation"): 3,
        ("acr", "mos"): 2, ("acr", "effort"): 2, ("mushra", "quality"): 10,
        ("ab", "preference"): 4, ("abx", "abx"): 2, ("words", "word"): 2,
        ("transcription", "transcription"): 2, ("digits", "digits"): 2,
    }  # fmt: skip


def test_mushra_rows_run_from_0_to_100_and_name_reference_and_anchors(
    ratings: pd.DataFrame, answered: StudyFolder
) -> None:
    rows = of(ratings, "mushra")
    assert rows["value"].between(0, 100).all()
    assert (rows["value"] == rows["value"].round()).all()
    roles = rows.groupby("system")["role"].first().to_dict()
    assert roles == {
        "vocoder": "model", "griffin": "baseline", "original": "reference",
        "anchor-3500-hz": "anchor", "anchor-7000-hz": "anchor",
    }  # fmt: skip
    means = rows.groupby("system")["value"].mean()
    assert means["original"] > means["anchor-7000-hz"] > means["anchor-3500-hz"]
    systems = pd.read_csv(answered.exports / "systems.csv")
    assert dict(zip(systems["system"], systems["role"], strict=True)) == roles


def test_a_comparison_is_two_rows_that_sum_to_one(ratings: pd.DataFrame) -> None:
    rows = of(ratings, "ab").dropna(subset=["value"])
    assert set(rows["value"]) <= {0.0, 0.5, 1.0}
    pairs = rows.groupby(["session", "trial"])
    assert (pairs["value"].sum() == 1).all()
    assert (pairs.size() == 2).all()
    for _, pair in pairs:
        assert list(pair["versus"]) == list(pair["system"])[::-1]
        assert (pair["listened_s"] > 0).all()
        [answer] = pair["answer"].unique()
        chosen = pair.set_index("slot")["value"].to_dict()
        assert chosen == {"A": float(answer == "A"), "B": float(answer == "B")} or answer == "none"


def test_null_pairs_have_the_reference(ratings: pd.DataFrame) -> None:
    null_pairs = of(ratings, "dcr")[of(ratings, "dcr")["role"] == "reference"]
    assert len(null_pairs) == ratings["session"].nunique()
    assert set(null_pairs["value"]) <= {4.0, 5.0}


def test_right_answers_can_be_checked_from_the_row_itself(ratings: pd.DataFrame) -> None:
    for page_type in ("abx", "words", "digits"):
        rows = of(ratings, page_type)
        assert (rows["value"] == (rows["answer"] == rows["target"]).astype(float)).all()
    assert set(of(ratings, "abx")["slot"]) == {"X"}
    assert (of(ratings, "abx")["versus"] != of(ratings, "abx")["system"]).all()
    assert of(ratings, "transcription")["value"].between(0, 1).all()
    assert of(ratings, "words")["versus"].isna().all()


def test_whole_numbers_stay_whole_in_csv_and_the_package_names_the_types(
    answered: StudyFolder,
) -> None:
    text = pd.read_csv(answered.exports / "ratings.csv", dtype=str, keep_default_na=False)
    assert set(text.loc[text["page_type"] == "mushra", "value"].str.contains(".", regex=False)) == {
        False
    }
    package = json.loads((answered.exports / "datapackage.json").read_text())
    assert package["pageTypes"]["mushra"] == 1


def test_webmushras_table_has_its_own_names_and_only_its_own_kind(answered: StudyFolder) -> None:
    rows = pd.read_csv(answered.exports / "webmushra.csv")
    assert set(rows["rating_stimulus"]) == {
        "reference", "anchor35", "anchor70", "vocoder", "griffin",
    }  # fmt: skip
    assert set(rows["trial_id"]) >= {"one.mos", "one.quality", "two.quality", "two.background"}


def test_every_answer_in_words_stays_in_the_log(answered: StudyFolder) -> None:
    events = pd.read_parquet(answered.exports / "events.parquet")
    told = events[events["kind"] == "rating"]
    assert (told["answer"].notna() ^ told["value"].notna()).all()


def test_the_report_takes_a_study_of_every_type(answered: StudyFolder, tmp_path: Path) -> None:
    found = report(
        answered.exports / "ratings.csv",
        sessions=answered.exports / "sessions.csv",
        systems=answered.exports / "systems.csv",
        study=answered.study,
        out=tmp_path,
        formats=["json"],
    )
    assert {scale.id for scale in found.data.scales} >= {"quality", "mos"}


OLD_RATING = """
INSERT INTO slots (id, trial_id, token, letter, stimulus, system, role)
VALUES (1, 1, 't', 'A', 's', 'cnn', 'model');
INSERT INTO ratings (slot_id, scale, value, declined, sequence, event, listened_s, plays, client_at,
answered_at) VALUES (1, 'overall', 4, 0, 1, 'e', 1.0, 1, 'then', 'then');
"""
PROGRAM = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
import listening_study
from listener import Listener
from earwitness.app import create_app
from earwitness.app.db import open_database
from earwitness.app.export import export
from earwitness.app.settings import load_settings
listening_study.STUDY = listening_study.STUDY.replace('type = "rating"', 'type = "timbre"')
settings = load_settings(listening_study.prepared_listening_study(Path(sys.argv[1])))
open_database(settings.database_url, create=True).close()
client = create_app(settings).test_client()
assert Listener(client).run(lambda number: 1 + number % 5)
print((export(settings.folder) / "ratings.csv").read_text())
print(client.get("/page-types/timbre/timbre.js").text)
print(client.get("/page-types/timbre/../timbre.html").status_code)
print(client.get("/page-types/rating/x.js").status_code)
"""


def test_a_type_of_an_installed_package_works_like_our_own(root: Path, tmp_path: Path) -> None:
    """The one of docs/page-types.md, outside the tree, its entry point as pip would write it."""
    [plugin] = re.findall(r"```python\n(.*?)```", (root / "docs/page-types.md").read_text(), re.S)
    package = tmp_path / "site" / "timbre_test"
    (package / "static").mkdir(parents=True)
    (package / "__init__.py").write_text(plugin)
    (package / "timbre.html").write_text('{% extends "trial.html" %}')
    (package / "static" / "timbre.js").write_text("// bright")
    facts = tmp_path / "site" / "timbre_test-1.0.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: timbre-test\nVersion: 1.0\n")
    (facts / "entry_points.txt").write_text(
        "[earwitness.page_types]\ntimbre = timbre_test:TimbrePage\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path / "study"), str(root / "tests")],
        env={**os.environ, "PYTHONPATH": str(tmp_path / "site")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    rows = re.findall(r",timbre,song-\d,[\w-]+,\w+,brightness,[1-5],", done.stdout)
    assert len(rows) == 6
    assert done.stdout.splitlines()[-3:] == ["// bright", "404", "404"]


def test_a_package_with_a_broken_type_is_named_in_one_line(tmp_path: Path) -> None:
    study = str(write_listening_study(tmp_path / "study").file)
    facts = tmp_path / "site" / "broken-1.0.dist-info"
    facts.mkdir(parents=True)
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: broken\nVersion: 1.0\n")
    (facts / "entry_points.txt").write_text("[earwitness.page_types]\nbad = nowhere:Page\n")
    done = subprocess.run(
        [sys.executable, "-c", "from earwitness.app.cli import main; main()", "prepare", study],
        env={**os.environ, "PYTHONPATH": str(tmp_path / "site")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "page type 'bad': nowhere:Page cannot be loaded" in done.stderr
    assert "Traceback" not in done.stderr


def test_ratings_from_before_answers_in_words_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "old.sqlite3"
    url = f"sqlite:///{path}"
    database = Database(url)
    with database.engine.begin() as connection:
        command.upgrade(_alembic(connection), "0001")
    database.close()
    with closing(sqlite3.connect(path)) as old:  # which looks after no foreign keys
        old.executescript(OLD_RATING)
    migrate_database(url)
    database = Database(url)
    with database.write() as transaction:
        [rating] = transaction.scalars(select(Rating))
        assert (rating.value, rating.answer, rating.declined) == (4, None, False)
        rating.value = 0.75
    with (
        pytest.raises(IntegrityError, match="ck_ratings_value_or_decline"),
        database.write() as transaction,
    ):
        transaction.scalars(select(Rating)).one().declined = True
    database.close()
