"""`earwitness plan`: what a researcher reads before anyone is invited."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner, Result

from earwitness.app.cli import main
from earwitness.app.planning.balance import balance
from earwitness.app.planning.session import session_cost
from earwitness.stimuli.manifest import load_stimuli
from earwitness.stimuli.study import StudyFolder

QUICK = ("--studies", "100", "--participants", "6,12", "--items", "4,8", "--check", "0")


def _plan(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["plan", *map(str, arguments)], catch_exceptions=False)


def test_a_plan_is_printed_and_written_beside_the_study(folder: StudyFolder) -> None:
    done = _plan(folder.root, *QUICK, "--effect", "1.5", "--check", "2", "--json")
    assert done.exit_code == 0, done.output
    plan = json.loads(done.output)
    files = {path.name for path in (folder.root / "plan").iterdir()}
    assert files == {"plan.json", "plan.html", "power.svg", "power.png"}
    assert json.loads((folder.root / "plan" / "plan.json").read_text(encoding="utf-8")) == plan
    [scale] = plan["power"]["scales"]
    assert scale["scales"] == ["clarity", "overall"]  # alike, and so planned once
    assert scale["items"] == [2, 4, 8]  # the study's two are added
    assert all(0 <= power <= 1 for row in scale["power"] for power in row)
    assert scale["power"][1][2] > scale["power"][0][0]
    assert plan["power"]["bound"] == 1.5
    assert plan["session"]["ratings"] == 2 * 3 * 2  # items × systems × scales
    assert plan["balance"]["participants"] == (scale["advised_participants"] or 12)
    page = (folder.root / "plan" / "plan.html").read_text(encoding="utf-8")
    assert "How many participants" in page
    assert "How evenly the design presents" in page


def test_the_tables_say_how_many_and_what_was_assumed(folder: StudyFolder) -> None:
    done = _plan(folder.root, *QUICK, "--aim", "equivalence")
    assert done.exit_code == 0, done.output
    words = " ".join(done.output.split())
    assert "states no smallest effect of interest" in words
    assert "Equivalence of 0.4 points" in words
    assert "published listening tests" in words
    assert "12 ratings" in words


def test_megabytes_are_those_of_the_files_that_a_session_gets(folder: StudyFolder) -> None:
    cost = session_cost(folder, load_stimuli(folder))
    total = sum(path.stat().st_size for path in folder.stimuli.glob("*.wav"))
    assert cost.megabytes == pytest.approx(total / 1e6, abs=0.05)  # all are played to everyone
    # 8 stimuli of 1 s and 14 answers about them, forms and reading.
    assert 1.5 < cost.minutes < 6


def test_balance_counts_every_presentation(folder: StudyFolder) -> None:
    found = balance(folder.study, load_stimuli(folder), participants=30)
    assert [sum(row) for row in found.letters] == [60, 60, 60]  # each system once per item
    assert [sum(column) for column in zip(*found.letters, strict=True)] == [60, 60, 60]
    assert [sum(row) for row in found.orders] == [30, 30]
    assert found.expected == 20.0


def test_finished_sessions_of_people_say_how_long_it_takes(folder: StudyFolder) -> None:
    folder.exports.mkdir()
    rows = ["status,is_simulated,started_at,finished_at"]
    rows += [f"finished,false,2026-01-01T10:00:00Z,2026-01-01T10:{m}:00Z" for m in (10, 12, 30)]
    rows.append("finished,true,2026-01-01T10:00:00Z,2026-01-01T10:00:01Z")
    (folder.exports / "sessions.csv").write_text("\n".join(rows), encoding="utf-8")
    cost = session_cost(folder, load_stimuli(folder))
    assert (cost.measured_minutes, cost.measured_sessions) == (12.0, 3)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--participants", "many"), "not a list like"),
        (("--items", "1,8"), "two or more numbers from 2"),
        ((*QUICK, "--effect", "3"), "does not fit"),
        ((*QUICK, "--pilot", "nowhere.csv"), "no such pilot table"),
    ],
)
def test_what_cannot_be_planned_is_one_line(
    folder: StudyFolder, arguments: tuple[str, ...], words: str
) -> None:
    done = _plan(folder.root, *arguments)
    assert done.exit_code in (1, 2)
    assert words in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_pilot_of_another_test_is_refused(folder: StudyFolder, tmp_path: Path) -> None:
    table = tmp_path / "pilot.csv"
    rows = ["participant,item,system,scale,value"]
    rows += [f"p{p},i{i},s{s},taste,{1 + (p + s) % 5}" for p in range(4) for i in range(3)
             for s in range(2)]  # fmt: skip
    table.write_text("\n".join(rows), encoding="utf-8")
    done = _plan(folder.root, *QUICK, "--pilot", table)
    assert done.exit_code == 2
    assert "has none of the study's scales" in done.stderr


def test_disputed_items_of_the_run_are_named_with_what_to_write_into_the_study(
    folder: StudyFolder,
) -> None:
    rows = ["system,item,metric,value,unit,direction,status,reason"]
    for item, sign in (("song-1", 1), ("song-2", 1), ("song-3", -1)):
        for system, value in (("cnn", 1.0), ("unmixed", 0.0)):
            rows.append(f"{system},{item},stoi,{value},,higher,ok,")
            rows.append(f"{system},{item},mrstft,{-sign * value},,lower,ok,")
    table = folder.run / "scores.csv"
    table.write_text("\n".join(rows), encoding="utf-8")
    pd.read_csv(table).to_parquet(folder.run / "scores.parquet")
    done = _plan(folder.root, "--select", "disagreement", "--between", "cnn,unmixed")
    assert done.exit_code == 0, done.output
    assert 'disagreement_items = ["song-3"]' in done.output
    wrong = _plan(folder.root, "--select", "disagreement", "--between", "cnn")
    assert (wrong.exit_code, "is not two systems" in wrong.stderr) == (2, True)
    nobody = _plan(folder.root, "--select", "disagreement", "--between", "cnn,nobody")
    assert (nobody.exit_code, "no scores of nobody" in nobody.stderr) == (1, True)
