"""Records survive kills, and only one process writes."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from earwitness.evaluation.store import Store, content_key
from earwitness.stimuli.errors import DataError

RECORDS = {f"score:{place}": {"value": place / 3, "reason": "ö\u2028\n"} for place in range(5)}


def test_records_are_there_after_reopening(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        store.put(RECORDS)
    with Store(tmp_path) as store:
        assert {key: store.get(key) for key in RECORDS} == RECORDS
        assert store.get("score:none") is None


def test_the_last_record_of_a_key_counts(tmp_path: Path) -> None:
    for value in (1, 2):
        with Store(tmp_path) as store:
            store.put({"a": {"value": value}})
    with Store(tmp_path) as store:
        assert store.get("a") == {"value": 2}


@settings(deadline=None, max_examples=40)
@given(st.data())
def test_a_part_cut_anywhere_keeps_its_complete_records(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    run = tmp_path_factory.mktemp("run")
    with Store(run) as store:
        store.put(RECORDS)
    [part] = (run / "store").glob("part-*")
    content = part.read_bytes()
    kept = data.draw(st.integers(0, len(content)))
    part.write_bytes(content[:kept])
    complete = content[:kept].count(b"}\n") + content[:kept].endswith(b"}")
    with Store(run) as store:
        found = [key for key in RECORDS if store.get(key) == RECORDS[key]]
        assert found == list(RECORDS)[:complete]
        store.put({"later": {"value": 1}})
    with Store(run) as store:
        assert store.get("later") == {"value": 1}


def test_a_second_process_is_refused_in_one_line(tmp_path: Path) -> None:
    with Store(tmp_path), pytest.raises(DataError, match="another evaluate is writing to it"):
        Store(tmp_path)
    with Store(tmp_path) as store:
        store.put(RECORDS)


def test_a_folder_that_cannot_be_made_is_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="cannot be written"):
        Store(tmp_path / "file" / "run")


def test_an_attempt_lasts_until_it_is_finished(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        first = store.attempt
    with Store(tmp_path) as store:
        assert store.attempt == first
        store.finish()
    with Store(tmp_path) as store:
        assert store.attempt != first


def test_a_key_changes_with_every_part_of_it() -> None:
    keys = {
        content_key("a", "x", 1),
        content_key("b", "x", 1),
        content_key("a", "x1"),
        content_key("a", "x", 2),
    }
    assert len(keys) == 4
